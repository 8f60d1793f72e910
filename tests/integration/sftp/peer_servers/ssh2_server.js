// An SFTP server after the examples of ssh2: every request goes to the operating system by node's fs.
// Arguments: port, host key, the key that is let in, home.
"use strict";

const fs = require("fs");
const path = require("path");
const { timingSafeEqual } = require("crypto");
const { createRequire } = require("module");
const ssh2 = createRequire(path.join(process.cwd(), "x"))("ssh2");

const { OPEN_MODE, STATUS_CODE, flagsToString } = ssh2.utils.sftp;
const [port, hostKey, letIn, home] = process.argv.slice(2);
const allowed = ssh2.utils.parseKey(fs.readFileSync(letIn));

const CODES = { ENOENT: STATUS_CODE.NO_SUCH_FILE, EACCES: STATUS_CODE.PERMISSION_DENIED };
const resolve = (name) => path.resolve(home, name.replace(/^\/+home/, "."));

function serve(sftp) {
  const handles = new Map();
  let last = 0;
  const keep = (reqid, value) => {
    const handle = Buffer.alloc(4);
    handle.writeUInt32BE(++last, 0);
    handles.set(last, value);
    sftp.handle(reqid, handle);
  };
  const held = (handle) => (handle.length === 4 ? handles.get(handle.readUInt32BE(0)) : undefined);
  const done = (reqid) => (error) => sftp.status(reqid, error ? CODES[error.code] ?? STATUS_CODE.FAILURE : STATUS_CODE.OK);
  const attributes = (reqid) => (error, found) => (error ? done(reqid)(error) : sftp.attrs(reqid, attrs(found)));
  const attrs = ({ mode, uid, gid, size, atime, mtime }) => ({ mode, uid, gid, size, atime, mtime });

  sftp.on("OPEN", (reqid, name, flags) => {
    const how = flagsToString(flags);
    if (how === null) return sftp.status(reqid, STATUS_CODE.NO_SUCH_FILE);
    fs.open(resolve(name), how, 0o600, (error, fd) => (error ? done(reqid)(error) : keep(reqid, { fd })));
  });
  sftp.on("READ", (reqid, handle, offset, length) => {
    const block = Buffer.alloc(length);
    fs.read(held(handle).fd, block, 0, length, offset, (error, count) => {
      if (error) return done(reqid)(error);
      if (count === 0) return sftp.status(reqid, STATUS_CODE.EOF);
      sftp.data(reqid, block.subarray(0, count));
    });
  });
  sftp.on("WRITE", (reqid, handle, offset, block) => {
    fs.write(held(handle).fd, block, 0, block.length, offset, done(reqid));
  });
  sftp.on("CLOSE", (reqid, handle) => {
    const { fd } = held(handle);
    handles.delete(handle.readUInt32BE(0));
    if (fd === undefined) return sftp.status(reqid, STATUS_CODE.OK);
    fs.close(fd, done(reqid));
  });
  sftp.on("OPENDIR", (reqid, name) => {
    fs.readdir(resolve(name), (error, names) => (error ? done(reqid)(error) : keep(reqid, { folder: name, names })));
  });
  sftp.on("READDIR", (reqid, handle) => {
    const listed = held(handle);
    if (listed.names === null) return sftp.status(reqid, STATUS_CODE.EOF);
    const names = listed.names;
    listed.names = null;
    const entries = [];
    for (const name of names) {
      try {
        const found = attrs(fs.lstatSync(path.join(resolve(listed.folder), name)));
        entries.push({ filename: name, longname: `-rw------- 1 u g ${found.size} Jan 1 00:00 ${name}`, attrs: found });
      } catch {
        // it went away meanwhile
      }
    }
    sftp.name(reqid, entries);
  });
  sftp.on("REALPATH", (reqid, name) => {
    const whole = path.posix.join("/home", path.relative(home, resolve(name)));
    sftp.name(reqid, [{ filename: whole, longname: whole, attrs: {} }]);
  });
  sftp.on("LSTAT", (reqid, name) => fs.lstat(resolve(name), attributes(reqid)));
  sftp.on("STAT", (reqid, name) => fs.stat(resolve(name), attributes(reqid)));
  sftp.on("FSTAT", (reqid, handle) => fs.fstat(held(handle).fd, attributes(reqid)));
  sftp.on("REMOVE", (reqid, name) => fs.unlink(resolve(name), done(reqid)));
  sftp.on("MKDIR", (reqid, name) => fs.mkdir(resolve(name), done(reqid)));
  sftp.on("RMDIR", (reqid, name) => fs.rmdir(resolve(name), done(reqid)));
  sftp.on("RENAME", (reqid, from, to) => fs.rename(resolve(from), resolve(to), done(reqid)));
}

function same(left, right) {
  return left.length === right.length && timingSafeEqual(left, right);
}

new ssh2.Server({ hostKeys: [fs.readFileSync(hostKey)] }, (client) => {
  client.on("error", () => {});
  client.setNoDelay(true);
  client.on("authentication", (ctx) => {
    if (ctx.method !== "publickey" || ctx.key.algo !== allowed.type || !same(ctx.key.data, allowed.getPublicSSH()))
      return ctx.reject(["publickey"]);
    if (!ctx.signature || allowed.verify(ctx.blob, ctx.signature, ctx.hashAlgo) === true) return ctx.accept();
    ctx.reject();
  });
  client.on("ready", () => {
    client.on("session", (accept) => {
      accept().on("sftp", (acceptSftp) => serve(acceptSftp()));
    });
  });
}).listen(Number(port), "127.0.0.1");
