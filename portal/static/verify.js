/* Checks a disclosure in the visitor's browser: page -> record -> entry -> tree -> checkpoint.
 *
 * SHA-256 and Ed25519 are the browser's own (WebCrypto); the tree is RFC 6962, the path RFC 9162
 * section 2.1.3.2, the note C2SP signed-note. Whoever serves this page could serve another
 * script; an auditor therefore repeats the check with `lianzheng-verify` (see /audit/verify).
 */
"use strict";

const textOf = (bytes) => new TextDecoder("utf-8", { fatal: true }).decode(bytes);
const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
const fromBase64 = (text) => Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
const same = (left, right) => left.length === right.length && left.every((byte, n) => byte === right[n]);

function joined(...parts) {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

async function sha256(...parts) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", joined(...parts)));
}

const nodeHash = (left, right) => sha256(Uint8Array.of(1), left, right);

/* RFC 9162 section 2.1.3.2. Numbers stay below 2^53: tree sizes here are far smaller. */
async function rootOfPath(leaf, index, size, path) {
  if (index >= size) throw new Error("叶序号不在树中");
  let node = index;
  let last = size - 1;
  let root = leaf;
  for (const hash of path) {
    if (last === 0) throw new Error("路径过长");
    if (node % 2 === 1 || node === last) {
      root = await nodeHash(hash, root);
      while (node % 2 === 0 && node !== 0) {
        node = Math.floor(node / 2);
        last = Math.floor(last / 2);
      }
    } else {
      root = await nodeHash(root, hash);
    }
    node = Math.floor(node / 2);
    last = Math.floor(last / 2);
  }
  if (last !== 0) throw new Error("路径过短");
  return root;
}

/* `.tlog-proof` text: header, extra, index, hashes, empty line, signed checkpoint. */
function parseReceipt(text) {
  const split = text.indexOf("\n\n");
  const lines = text.slice(0, split).split("\n");
  if (lines[0] !== "c2sp.org/tlog-proof@v1") throw new Error("回执格式不符");
  const body = lines.slice(1).filter((line) => !line.startsWith("extra "));
  if (!body[0].startsWith("index ")) throw new Error("回执缺少叶序号");
  return {
    index: Number(body[0].slice(6)),
    path: body.slice(1).map(fromBase64),
    note: text.slice(split + 2),
  };
}

function parseNote(note) {
  const split = note.lastIndexOf("\n\n");
  const text = note.slice(0, split + 1);
  const [origin, size, root] = text.split("\n");
  const signatures = note.slice(split + 2).split("\n").filter((line) => line.startsWith("— "))
    .map((line) => line.slice(2).split(" "))
    .map(([name, value]) => ({ name, value: fromBase64(value) }));
  return { text, origin, size: Number(size), root: fromBase64(root), signatures };
}

/* Reads Avro values in field order: Entry and Act, which are frozen, and three payloads. */
class Reader {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }
  take(size) {
    if (size < 0 || this.at + size > this.bytes.length) throw new Error("条目不完整");
    this.at += size;
    return this.bytes.subarray(this.at - size, this.at);
  }
  long() {
    let value = 0n;
    let shift = 0n;
    for (;;) {
      const byte = this.take(1)[0];
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) break;
      shift += 7n;
      if (shift > 63n) throw new Error("条目中的数字有误");
    }
    return Number((value >> 1n) ^ -(value & 1n));
  }
  block() {
    return this.take(this.long());
  }
  string() {
    return textOf(this.block());
  }
  optional(read) {
    const branch = this.long();
    if (branch !== 0 && branch !== 1) throw new Error("条目中的数字有误");
    return branch === 1 ? read() : null;
  }
  array(read) {
    const items = [];
    for (let count = this.long(); count !== 0; count = this.long()) {
      if (count < 0 || count > this.bytes.length) throw new Error("条目中的数字有误");
      for (let n = 0; n < count; n += 1) items.push(read());
    }
    return items;
  }
  end() {
    if (this.at !== this.bytes.length) throw new Error("条目末尾有多余字节");
  }
}

function parseEntry(bytes) {
  const reader = new Reader(bytes);
  if (reader.take(1)[0] !== 1) throw new Error("条目格式版本不符");
  const entry = { leafIndex: reader.long(), streamId: reader.string(), streamVersion: reader.long() };
  reader.take(32);
  entry.receivedAt = reader.long();
  entry.controlSize = reader.long();
  reader.long();
  if (reader.long() === 1) {
    reader.block();
    reader.block();
    reader.long();
    reader.long();
    reader.long();
  }
  reader.block();
  entry.act = parseAct(reader.block());
  reader.end();
  entry.eventType = entry.act.eventType;
  return entry;
}

function parseAct(bytes) {
  const reader = new Reader(bytes);
  reader.take(10);
  const act = { eventId: uuidText(reader.take(16)), eventType: reader.string(), schemaVersion: reader.long() };
  reader.take(8);
  act.streamKey = reader.string();
  act.aggregateType = reader.string();
  act.aggregateId = reader.string();
  reader.optional(() => reader.long());
  act.agencyId = reader.string();
  reader.optional(() => reader.string());
  act.emitterId = reader.string();
  reader.optional(() => reader.long());
  reader.array(() => [reader.string(), reader.optional(() => reader.string()), reader.string()]);
  act.occurredAt = reader.long();
  reader.long();
  reader.optional(() => reader.string());
  reader.optional(() => reader.take(16));
  reader.optional(() => reader.take(16));
  reader.optional(() => reader.string());
  reader.optional(() => reader.string());
  act.payload = reader.block();
  reader.end();
  return act;
}

/* The acts that put a record before the public, version 1 of each schema, field by field. */
function readPublished(reader) {
  reader.long();
  reader.long();
  reader.optional(() => reader.string());
  return {
    at: reader.long(),
    until: reader.optional(() => reader.long()),
    contentHash: reader.string(),
    version: reader.long(),
  };
}

function readUpdated(reader) {
  const said = { version: reader.long(), contentHash: reader.string() };
  reader.array(() => reader.string());
  reader.string();
  reader.string();
  reader.string();
  reader.take(1);
  said.at = reader.long();
  said.until = reader.optional(() => reader.long());
  return said;
}

const PUBLIC_ACTS = {
  DisclosurePublished: readPublished,
  DisclosureUpdated: readUpdated,
  DisclosureCorrected: readUpdated,
};

/* What an entry says of a published record; refuses every other act, and another disclosure's. */
function parsePublication(entry, disclosureId) {
  const act = entry.act;
  const read = Object.hasOwn(PUBLIC_ACTS, act.eventType) ? PUBLIC_ACTS[act.eventType] : null;
  if (read === null || act.schemaVersion !== 1) throw new Error(`账本条目不是公示行为（${act.eventType}）`);
  if (act.aggregateType !== "Disclosure" || act.aggregateId !== disclosureId || act.streamKey !== entry.streamId) {
    throw new Error("账本条目是另一份公示的");
  }
  const reader = new Reader(act.payload);
  const said = read(reader);
  reader.end();
  return said;
}

const BEIJING_MS = 8 * 3600 * 1000;
const isoText = (ms) => new Date(ms).toISOString();
const beijingTime = (micros) => isoText(Math.floor(micros / 1e6) * 1000 + BEIJING_MS).slice(0, 19).replace("T", " ");
const dateText = (days) => isoText(days * 24 * 3600 * 1000).slice(0, 10);

function uuidText(bytes) {
  const text = hex(bytes);
  return [text.slice(0, 8), text.slice(8, 12), text.slice(12, 16), text.slice(16, 20), text.slice(20)].join("-");
}

async function fetchBytes(url) {
  const answer = await fetch(url, { cache: "no-store" });
  if (!answer.ok) throw new Error(`无法取得 ${url}（${answer.status}）`);
  return new Uint8Array(await answer.arrayBuffer());
}

function shownMatchesRecord(root, record) {
  for (const cell of root.querySelectorAll("[data-field]")) {
    const value = record.fields[cell.dataset.field];
    const expected = Array.isArray(value) ? value.join("") : String(value ?? "");
    const shown = cell.textContent;
    if (shown.replace(/\s+/g, "") !== expected.replace(/\s+/g, "")) {
      throw new Error(`页面上的“${cell.dataset.label}”与记录不同`);
    }
  }
  for (const code of Object.keys(record.fields)) {
    if (!root.querySelector(`#record [data-field="${CSS.escape(code)}"]`)) throw new Error(`页面缺少记录的 ${code}`);
  }
}

/* Number, time and ids on the page, beside the record's fields, are the entry's own. */
function shownMatchesEntry(root, entry, said) {
  const expected = {
    at: beijingTime(said.at),
    version: String(said.version),
    until: said.until === null ? null : dateText(said.until),
    leafIndex: String(entry.leafIndex),
    receivedAt: beijingTime(entry.receivedAt),
    eventId: entry.act.eventId,
    contentHash: said.contentHash,
  };
  for (const cell of root.querySelectorAll("[data-act]")) {
    const shown = (cell.querySelector("code") ?? cell).textContent.trim();
    if (shown !== expected[cell.dataset.act]) throw new Error(`页面上的“${shown}”与账本条目不同`);
  }
}

async function checkSignature(note, vkey) {
  const [name, keyId, key] = vkey.split("+");
  const material = fromBase64(vkey.slice(name.length + keyId.length + 2));
  const expectedId = (await sha256(new TextEncoder().encode(`${name}\n`), material)).subarray(0, 4);
  if (!key || name !== note.origin || material[0] !== 1 || hex(expectedId) !== keyId) {
    throw new Error("验证钥与检查点不符");
  }
  const line = note.signatures.find((one) => one.name === name && same(one.value.subarray(0, 4), expectedId));
  if (!line) throw new Error("检查点没有本日志的签名");
  let publicKey;
  try {
    publicKey = await crypto.subtle.importKey("raw", material.subarray(1), { name: "Ed25519" }, false, ["verify"]);
  } catch (error) {
    return null;
  }
  const isGood = await crypto.subtle.verify(
    { name: "Ed25519" }, publicKey, line.value.subarray(4), new TextEncoder().encode(note.text));
  if (!isGood) throw new Error("检查点签名不成立");
  return true;
}

/* Which disclosure the visitor asked for: the address says it, and the page must say the same. */
function disclosureOf(path, facts) {
  const asked = decodeURIComponent(path.slice(path.lastIndexOf("/") + 1));
  if (asked !== facts.disclosure) throw new Error("页面是另一份公示的");
  return asked;
}

/* Each step returns the sentence shown for it, or null where the browser cannot check it. */
async function run(box, root) {
  const facts = box.dataset;
  const seen = {};
  const steps = {
    async record() {
      const bytes = await fetchBytes(facts.record);
      seen.hash = `sha256:${hex(await sha256(bytes))}`;
      if (seen.hash !== facts.contentHash) throw new Error("公开记录的摘要与公布的不同");
      const record = JSON.parse(textOf(bytes));
      seen.version = record.version;
      shownMatchesRecord(root, record);
      return `页面所示内容与公开记录逐项一致，记录摘要为 ${seen.hash}`;
    },
    async entry() {
      seen.entryBytes = await fetchBytes(facts.entry);
      seen.entry = parseEntry(seen.entryBytes);
      const said = parsePublication(seen.entry, disclosureOf(location.pathname, facts));
      if (said.contentHash !== seen.hash) throw new Error("账本条目公布的是另一份记录");
      if (String(said.version) !== seen.version) throw new Error("公开记录的版本与账本条目不同");
      shownMatchesEntry(root, seen.entry, said);
      return `账本条目 ${seen.entry.leafIndex}（${seen.entry.eventType}，本链第 ${seen.entry.streamVersion} 条）公布了这份公示的该记录`;
    },
    async tree() {
      const receipt = parseReceipt(textOf(await fetchBytes(facts.receipt)));
      seen.note = parseNote(receipt.note);
      if (root.querySelector("[data-origin]").textContent !== seen.note.origin) throw new Error("页面上的日志与检查点不同");
      if (receipt.index !== seen.entry.leafIndex) throw new Error("回执与条目的叶序号不同");
      const leaf = await sha256(Uint8Array.of(0), seen.entryBytes);
      const rootHash = await rootOfPath(leaf, receipt.index, seen.note.size, receipt.path);
      if (!same(rootHash, seen.note.root)) throw new Error("路径没有通到检查点的根");
      return `条目在“${seen.note.origin}”大小为 ${seen.note.size} 的树中，根为 ${hex(rootHash).slice(0, 16)}…`;
    },
    async signature() {
      const isGood = await checkSignature(seen.note, facts.vkey);
      return isGood ? "检查点由该日志的密钥签署，签名成立" : null;
    },
  };
  let isWhole = true;
  for (const item of box.querySelectorAll("[data-step]")) {
    const says = item.querySelector(".says");
    try {
      const sentence = await steps[item.dataset.step]();
      item.className = sentence === null ? "unchecked" : "good";
      says.textContent = sentence ?? "此浏览器不支持 Ed25519，签名未检查";
      isWhole = isWhole && sentence !== null;
    } catch (error) {
      item.className = "bad";
      says.textContent = error.message;
      return "bad";
    }
  }
  return isWhole ? "good" : "unchecked";
}

const VERDICTS = {
  good: "已在您的浏览器中验证：页面、记录、账本与检查点一致",
  unchecked: "内容与账本一致；有一项此浏览器不能检查",
  bad: "验证未通过，请勿采信本页并请告知发布机关",
  impossible: "此浏览器或连接方式不提供密码运算（需要 HTTPS），未检查",
};

async function start() {
  const box = document.getElementById("proof");
  if (box) {
    const verdict = globalThis.crypto && crypto.subtle ? await run(box, document) : "impossible";
    const line = document.getElementById("verdict");
    line.textContent = VERDICTS[verdict];
    line.className = `notice ${{ good: "good", bad: "bad" }[verdict] ?? "warn"}`;
  }
  document.body.dataset.ready = "1";
}

start();
