// The page's script in a document of plain objects, against a real server: what each place of the page says, as JSON.
// Called as `node page_dom.mjs BASE PAGE_FOLDER`.

import { readFileSync, writeFileSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const [base, folder] = process.argv.slice(2);

class Part {
  constructor(id) {
    Object.assign(this, { id, attrs: {}, dataset: {}, textContent: "", value: "", heard: {}, children: [] });
    Object.assign(this, { readyState: 0, buffered: { length: 0 }, playing: false, src: "" });
  }
  addEventListener(name, action) { (this.heard[name] ??= []).push(action); }
  setAttribute(name, value) { this.attrs[name] = value; }
  getAttribute(name) { return this.attrs[name] ?? null; }
  removeAttribute() { this.src = ""; }
  append(...parts) { this.children.push(...parts); }
  replaceChildren(...parts) { this.children = parts; }
  canPlayType() { return ""; }
  async play() { this.playing = true; }
  pause() { this.playing = false; }
  load() {}
  querySelector() { return (this.button ??= new Part("button")); }
  async fire(name, event = {}) {
    for (const action of this.heard[name] ?? []) await action({ target: this, preventDefault() {}, ...event });
  }
}

const html = readFileSync(join(folder, "index.html"), "utf8");
const parts = Object.fromEntries([...html.matchAll(/id="([^"]+)"/g)].map(([, id]) => [id, new Part(id)]));
parts.volume.value = "0.9";
const stars = [1, 2, 3, 4, 5].map((count) => Object.assign(new Part(`star${count}`), { value: String(count) }));
let cookie = "";
const ask = globalThis.fetch;

globalThis.location = { search: "" };
Object.defineProperty(globalThis, "navigator", { value: {}, configurable: true });
globalThis.document = {
  title: "",
  getElementById: (id) => parts[id],
  createElement: (tag) => new Part(tag),
  getElementsByName: () => stars,
  querySelectorAll: () => [parts.like, parts.skip, ...stars],
};
globalThis.fetch = async (path, options = {}) => {
  const answer = await ask(base + path, { ...options, headers: { ...options.headers, cookie } });
  cookie = answer.headers.get("set-cookie")?.split(";")[0] ?? cookie;
  return answer;
};
let news;
globalThis.EventSource = class {
  constructor(address) { Object.assign(this, { address, heard: {} }); news = this; }
  addEventListener(name, action) { this.heard[name] = action; }
};

const until = async (fact) => {
  for (let tries = 0; tries < 200 && !fact(); tries += 1) await new Promise((done) => setTimeout(done, 50));
  return fact();
};
const told = {};
const note = (name, value) => { told[name] = value; };

const copy = join(mkdtempSync(join(tmpdir(), "page-")), "page.mjs");
writeFileSync(copy, readFileSync(join(folder, "page.js")));
await import(copy);
await until(() => news && parts.past.children.length);
note("title", parts.title.textContent);
note("next", parts["next-why"].textContent);
note("past", parts.past.children.map((row) => row.children[1]));
note("cover", parts.cover.src);
await parts.like.fire("click");
await until(() => parts.said.textContent);
note("liked", parts.like.getAttribute("aria-pressed"));
await parts.stars.fire("change", { target: stars[3] });
await until(() => stars[3].checked);
note("stars", stars.map((star) => star.checked));
await parts.skip.fire("click");
await until(() => parts.said.textContent.includes("skip"));
note("skip", parts.said.textContent);
parts["request-words"].value = "play Song 3";
await parts.request.fire("submit");
await until(() => parts.answer.textContent.includes("Song 3"));
note("answer", parts.answer.textContent);
await parts.play.fire("click");
note("playing", parts.sound.src.split("?")[0]);
parts.sound.playing = false;
await parts.sound.fire("error");
note("again", await until(() => parts.sound.playing));
await parts.play.fire("click");
note("stopped", !parts.sound.playing && parts["play-word"].textContent === "Play");
parts.title.textContent = "";
news.heard["play.started"]({ data: JSON.stringify({ at: Date.now() / 1000 }) });
await until(() => parts.title.textContent);
note("after", parts.title.textContent);
process.stdout.write(JSON.stringify(told), () => process.exit(0));
