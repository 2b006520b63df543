// words.js is the view of a model of words: neighbors, and arithmetic such as king - man + woman.
// In the address, word is what was typed.

import {announce, count, fill, h, short} from "./dom.js";
import {errorBox, Latest, request} from "./api.js";
import {bar, searchBox} from "./search.js";
import {strip} from "./matrix.js";

/** Reads "king - man + woman": [["king", 1], ["man", -1], ["woman", 1]]. Words may have spaces in them. */
export function parse(text) {
  const terms = [];
  let sign = 1, word = [];
  const flush = () => { if (word.length) terms.push([word.join(" "), sign]); word = []; };
  for (const part of text.trim().split(/\s+/)) {
    if (part === "+" || part === "-") { flush(); sign = part === "+" ? 1 : -1; }
    else word.push(part);
  }
  flush();
  return terms;
}

export class WordsView {
  constructor(app, main) {
    Object.assign(this, {app, main, latest: new Latest()});
    this.box = searchBox(app, {key: "word", label: "A word, or words with + and -", placeholder: "paris, or: king - man + woman", rest: 180});
    this.out = h("div", {class: "words"});
    fill(main, h("div", {class: "bar"}, this.box.form), this.out);
    if (!matchMedia("(max-width: 720px)").matches) this.box.input.focus();
  }

  async update(state) {
    this.box.sync(state);
    const text = (state.get("word") ?? "").trim().replace(/(^|\s)[−–](?=\s|$)/g, "$1-"), k = Number(state.get("k")) || 15, asked = `${text}/${k}`;
    if (asked === this.asked) return;
    this.asked = asked;
    if (!text) { this.latest.stop(); this.#start(); return; }
    if (/\S\s+[+-]$/.test(text)) return; // the next word is still to be typed
    const terms = parse(text);
    const got = await this.latest.run(signal => request(this.app.path(`neighbors?word=${encodeURIComponent(text)}&k=${k}`), {signal}));
    if (!got) return;
    if (got.error) { fill(this.out, errorBox(got.error, () => { this.asked = ""; this.update(state); })); return; }
    this.#show(text, terms, got.value, k);
  }

  #start() {
    const c = this.app.collection, examples = ["king - man + woman", "paris - france + italy", "walking - walk + swim"];
    fill(this.out, h("div", {class: "welcome"}, h("h2", null, c.name),
      h("p", null, [count(c.passages ?? 0, "word"), c.dim && `${c.dim} dimensions`].filter(Boolean).join(" · ")),
      h("p", null, "Type a word to see its neighbors, or words with + and - to add and subtract their vectors:"),
      h("ul", null, examples.map(e => h("li", null, h("a", {href: this.app.link({word: e})}, e))))));
  }

  #show(text, terms, {neighbors: list, composed}, k) {
    const sum = terms.length > 1;
    const most = Math.max(...list.map(w => Math.abs(w.score)), 1e-9);
    announce(list.length ? `${count(list.length, "word")}, the nearest is ${list[0].word}` : "Nothing found");
    const arithmetic = h("div");
    fill(this.out,
      h("h2", {class: "equation"}, terms.map(([w, sign], i) => [(i > 0 || sign < 0) && h("span", {class: "sign"}, sign < 0 ? "−" : "+"), h("a", {href: this.app.link({word: w})}, w)]),
        sum && list[0] && [h("span", {class: "sign"}, "≈"), h("a", {class: "answer", href: this.app.link({word: list[0].word})}, list[0].word)]),
      composed > 0 && h("p", {class: "note"}, `The word is not in the vocabulary: its vector is made of ${count(composed, "character n-gram")}.`),
      arithmetic,
      h("ol", {class: "neighbors", "aria-label": sum ? "Words nearest to the sum" : `Words nearest to ${text}`}, list.map(w => h("li", null,
        h("a", {class: "open", href: this.app.link({word: w.word})}, w.word), bar(w.score / most), h("span", {class: "number"}, w.score.toFixed(3))))),
      !list.length && h("p", {class: "note"}, "Nothing found."),
      h("div", {class: "foot"}, list.length >= k && h("button", {type: "button", class: "button", onclick: () => this.app.go({k: k + 15}, {replace: true})}, "More words")));
    this.#vectors(terms, list[0]?.word, sum, arithmetic);
  }

  // The vectors, as the server returns them: they are added here, as the sum says.
  async #vectors(terms, nearest, sum, into) {
    const words = [...terms.map(t => t[0]), nearest].filter(Boolean);
    let vectors;
    try {
      const answer = await request("v1/embeddings", {body: {model: this.app.collection.model || this.app.collection.name, input: words}});
      vectors = answer.data.map(d => unit(d.embedding));
    } catch {
      return; // the neighbors are shown without the vectors
    }
    if (!into.isConnected) return;
    const rows = terms.map(([word, sign], i) => [sum ? (sign < 0 ? "− " : i ? "+ " : "") + word : word, vectors[i].map(v => v * sign)]);
    const total = unit(vectors[0].map((_, j) => rows.reduce((s, [, v]) => s + v[j], 0)));
    if (sum) rows.push(["= sum, length 1", total]);
    if (nearest) rows.push([(sum ? "≈ " : "nearest: ") + nearest, vectors.at(-1)]);
    const most = Math.max(...rows.flatMap(([, v]) => v.map(Math.abs)));
    const cosine = nearest ? total.reduce((s, v, j) => s + v * vectors.at(-1)[j], 0) : 0;
    fill(into, h("details", {class: "arithmetic", open: true}, h("summary", null, sum ? "The arithmetic" : "The vectors"),
      h("p", {class: "status"}, `Each strip is a vector of ${total.length} values, scaled to length 1: blue is negative, orange positive.`),
      h("div", {class: "strips"}, rows.map(([name, v]) => [h("span", {class: "strip-name"}, name), strip(v, most, name)])),
      nearest && h("p", {class: "formula"}, `cos(${sum ? "sum" : terms[0][0]}, ${nearest}) = Σ aᵢ·bᵢ = ${short(cosine)}`)));
  }

  typing(e) {
    if (e.target !== this.box.input || e.key !== "ArrowDown") return false;
    return this.#move(1);
  }

  #move(step) {
    const links = [...this.out.querySelectorAll("a.open")], at = links.indexOf(document.activeElement);
    if (!links.length) return false;
    if (at === 0 && step < 0) this.box.input.focus();
    else links[Math.max(0, Math.min(links.length - 1, at + step))].focus();
    return true;
  }

  key(e) {
    if (e.key === "ArrowDown" || e.key === "j") return this.#move(1);
    if (e.key === "ArrowUp" || e.key === "k") return this.#move(-1);
    return false;
  }

  close() { this.latest.stop(); }
}

function unit(v) {
  const length = Math.hypot(...v) || 1;
  return v.map(x => x / length);
}
