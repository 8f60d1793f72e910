const XLSX = require("xlsx"), ExcelJS = require("exceljs"), fs = require("fs");
const out = process.argv[2];
const HEAD = ["Action", "LoginEmail", "PbxId", "Extension", "Number"];
// SheetJS
const sheet = XLSX.utils.aoa_to_sheet([
  HEAD,
  ["attach", "ada@example.com", "hq", "1001", "+33123456789"],
  ["attach", "bo@example.com", "hq", 1002, 33123456788],
  ["attach", "cy@example.com", "hq", 103, 33123456787],
  ["attach", "di@example.com", "hq", 0, ""],
  ["attach", "ed@example.com", "hq", 0, ""],
  ["attach", "fi@example.com", "hq", 0, ""],
  [],
  ["detach", "gé@example.com", "hq", "1008", null],
]);
sheet.D4.z = "0000"; sheet.E4.z = '"+"0'; sheet.E3.z = "0";
sheet.D5 = { t: "n", v: 46115, z: "dd/mm/yyyy" };
sheet.D6 = { t: "n", f: "1000+5", v: 1005 };
sheet.D7 = { t: "e", v: 42, w: "#N/A" };
const book = XLSX.utils.book_new();
XLSX.utils.book_append_sheet(book, sheet, "People");
for (const type of ["xlsx", "xlsm", "ods", "xlsb", "biff8", "fods"])
  XLSX.writeFile(book, `${out}/sheetjs.${type === "biff8" ? "xls" : type}`, { bookType: type, compression: true });
XLSX.writeFile(book, `${out}/sheetjs-sst.xlsx`, { bookType: "xlsx", bookSST: true, compression: true });
// exceljs
function fill(ws, commit) {
  const add = (cells, change) => { const row = ws.addRow(cells); if (change) change(row); if (commit) row.commit(); };
  add(HEAD);
  add(["attach", { text: "ada@example.com", hyperlink: "mailto:ada@example.com" }, "hq", "1001", "+33123456789"]);
  add(["attach", { richText: [{ font: { bold: true }, text: "bo" }, { text: "@example.com" }] }, "hq", 1002, 33123456788]);
  add(["attach", "cy@example.com", "hq", 103, 33123456787], row => { row.getCell(4).numFmt = "0000"; row.getCell(5).numFmt = '"+"0'; });
  add(["attach", "di@example.com", "hq", new Date(Date.UTC(2026, 3, 3)), ""], row => { row.getCell(4).numFmt = "dd/mm/yyyy"; });
  add(["attach", "ed@example.com", "hq", { formula: "1000+5", result: 1005 }, ""]);
  add(["attach", "fi@example.com", "hq", { error: "#N/A" }, ""]);
  add([]);
  add(["detach", "gé@example.com", "hq", "1008", null]);
  add(["attach", "hu@example.com", "hq", { formula: "1000+9" }, ""]);
}
(async () => {
  const wb = new ExcelJS.Workbook();
  fill(wb.addWorksheet("People", { views: [{ state: "frozen", ySplit: 1 }] }));
  await wb.xlsx.writeFile(`${out}/exceljs.xlsx`);
  for (const shared of [true, false]) {
    const w = new ExcelJS.stream.xlsx.WorkbookWriter({ filename: `${out}/exceljs-stream${shared ? "-shared" : ""}.xlsx`, useStyles: true, useSharedStrings: shared });
    const ws = w.addWorksheet("People");
    fill(ws, true);
    ws.commit();
    await w.commit();
  }
})();
