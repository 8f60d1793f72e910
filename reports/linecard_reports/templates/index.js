
"use strict";
(() => {
  const one = id => document.getElementById(id);
  const read = id => JSON.parse(one(id).textContent);
  const runs = read("runs"), { base, outcomes } = read("facts");
  const PAGE = 200;
  const fields = { q: one("q"), inbox: one("inbox"), result: one("result"), from: one("from"), to: one("to") };
  const plain = text => text.toLowerCase().normalize("NFKD").replace(/[\u0300-\u036f]/g, "");
  const number = new Intl.NumberFormat("en");
  let found = [], shown = 0;

  const element = (name, kind, text) => {
    const made = document.createElement(name);
    if (kind) made.className = kind;
    if (text !== undefined) made.textContent = text;
    return made;
  };
  const cell = (kind, ...parts) => {
    const made = element("td", kind);
    made.setAttribute("role", "cell");
    made.append(...parts);
    return made;
  };
  const link = (path, text) => {
    const made = element("a");
    made.href = base + path.split("/").map(encodeURIComponent).join("/");
    made.append(element("bdi", "", text));
    return made;
  };
  const row = ([id, at, inbox, file, note, kind, said, counts, path, retry]) => {
    const made = element("tr");
    made.setAttribute("role", "row");
    const head = element("th", "file");
    head.scope = "row";
    head.setAttribute("role", "rowheader");
    head.append(link(path + ".html", file));
    if (note) {
      const small = element("small");
      small.append(element("bdi", "", note));
      head.append(small);
    }
    const rows = counts.map((n, i) => n ? number.format(n) + " " + outcomes[i] : "").filter(Boolean).join(" · ");
    const result = cell("result", element("span", "badge " + kind, said), element("small", "", rows));
    const more = cell("more", link(path + ".csv", "CSV"));
    if (retry) more.append(" ", link(path + ".retry.csv", "retry sheet"));
    made.append(cell("at", at), head, cell("inbox", element("bdi", "", inbox)), result, more);
    return made;
  };
  const more = () => {
    const part = found.slice(shown, shown + PAGE);
    one("list").append(...part.map(row));
    shown += part.length;
    one("further").hidden = shown >= found.length;
    one("further").textContent = "Show " + number.format(Math.min(PAGE, found.length - shown)) + " more";
  };
  const words = runs.map(r => plain([r[0], r[3], r[4], r[2]].join(" ")));
  const filter = () => {
    const asked = plain(fields.q.value).split(/\s+/).filter(Boolean);
    const { inbox, result, from, to } = Object.fromEntries(Object.entries(fields).map(([k, f]) => [k, f.value]));
    found = runs.filter((r, i) =>
      asked.every(word => words[i].includes(word)) && (!inbox || r[2] === inbox) && (!result || r[5] === result)
      && (!from || r[1] >= from) && (!to || r[1].slice(0, 10) <= to));
    one("list").replaceChildren();
    shown = 0;
    more();
    one("count").textContent = number.format(found.length) + " of " + number.format(runs.length)
      + (runs.length === 1 ? " report" : " reports");
    one("nothing").hidden = found.length > 0 || runs.length === 0;
    const said = new URLSearchParams();
    for (const [key, field] of Object.entries(fields)) if (field.value) said.set(key, field.value);
    try { history.replaceState(null, "", String(said) ? "#" + said : location.pathname); } catch { /* not from here */ }
  };
  for (const inbox of [...new Set(runs.map(r => r[2]))].sort()) {
    const option = element("option", "", inbox);
    option.value = inbox;
    fields.inbox.append(option);
  }
  const begin = () => {
    const said = new URLSearchParams(location.hash.slice(1));
    for (const [key, field] of Object.entries(fields)) field.value = said.get(key) || "";
    filter();
  };
  one("filter").addEventListener("input", filter);
  one("filter").addEventListener("submit", event => event.preventDefault());
  one("filter").addEventListener("reset", () => setTimeout(filter));
  one("further").addEventListener("click", more);
  window.addEventListener("hashchange", begin);
  one("filter").hidden = false;
  begin();
})();
