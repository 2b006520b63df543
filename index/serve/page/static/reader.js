// reader.js shows a passage in its document: all passages of the document in order.

import {announce, copy, count, fill, h, marked} from "./dom.js";
import {errorBox, Latest, request} from "./api.js";

const CODE = /\.(go|py|js|ts|jsx|tsx|c|h|cc|cpp|hpp|rs|java|kt|rb|php|sh|sql|swift|scala|cs|json|ya?ml|toml|xml|css|proto|lua|r|jl|pl|ini|cfg|mod)$/i;
const PAGE = 200; // passages a request; a document that has more is read on as the reader is scrolled

/** What a passage is called: its title, the name of its file, or its id. */
export const titleOf = p => p.title || (p.path ? p.path.split("/").pop() : "") || p.id || `Passage ${p.label}`;

/** The text of a passage with the lines of a paragraph joined, if they were cut at a width. Every
 *  character keeps its place, for the matches. Code and tables keep their lines. */
export function flowing(p) {
  if (CODE.test(p.path ?? "")) return p.text;
  return p.text.replace(/([^\n]{60,})\n(?=[^\n|>#*+•\-\d\s])/gu, (all, line) => /^\s*\|/.test(line) ? all : line + " ");
}

/** Where a passage is: file and lines, or its id. */
export function placeOf(p) {
  const lines = p.first_line ? `:${p.first_line}${p.last_line > p.first_line ? `–${p.last_line}` : ""}` : "";
  return p.path ? p.path + lines + (p.id ? ` · ${p.id}` : "") : p.id ?? "";
}

export class Reader {
  constructor(app, element) {
    Object.assign(this, {app, element, latest: new Latest(), label: null, matches: new Map()});
  }

  get open() { return !this.element.hidden; }

  close() { this.app.go({p: null}); }

  /** Remembers the matches of results, so that the open passage has them too. */
  remember(results) {
    this.matches = new Map(results.map(r => [String(r.passage.label), r.matches]));
    if (this.open && this.chosen) fill(this.element.querySelector(".chosen .text"), marked(flowing(this.chosen), this.matches.get(String(this.chosen.label)) ?? []));
  }

  async update(state) {
    const label = state.get("p"), key = label && `${state.get("c")}/${label}`;
    if (key === this.key) return;
    this.key = key;
    this.chosen = null;
    if (!label) {
      this.latest.stop();
      this.element.hidden = true;
      document.body.classList.remove("reading");
      this.back?.isConnected && this.back.focus();
      return;
    }
    if (!this.open) this.back = document.activeElement;
    this.element.hidden = false;
    document.body.classList.add("reading");
    this.element.setAttribute("aria-busy", "true");
    const got = await this.latest.run(signal => this.#load(label, signal));
    if (!got) return;
    this.element.removeAttribute("aria-busy");
    if (got.error) {
      fill(this.element, this.#bar(null), errorBox(got.error, () => { this.key = ""; this.update(state); }));
      return;
    }
    this.#draw(label, got.value);
  }

  // The passage first, to know its document, then the document from its start up to the passage and beyond.
  async #load(label, signal) {
    const around = await request(this.app.path(`passages/${encodeURIComponent(label)}?before=20&after=40`), {signal});
    const passages = around.passages ?? [...around.before ?? [], around.passage, ...around.after ?? []].filter(Boolean);
    const chosen = passages.find(p => String(p.label) === label) ?? around.passage ?? passages[0];
    if (!chosen?.path) return {chosen, passages, total: passages.length};
    const document = await request(this.app.path(`document?path=${encodeURIComponent(chosen.path)}&from=0&limit=${PAGE}`), {signal});
    const all = document.passages ?? [], total = document.total ?? all.length;
    // A long document is shown around the passage; its beginning is a button away.
    if (!all.some(p => String(p.label) === label)) return {chosen, passages, total, partly: true};
    return {chosen, passages: all, total};
  }

  #bar(p) {
    const {app} = this, button = (name, title, f) => h("button", {type: "button", class: "small", title, onclick: f}, name);
    return h("div", {class: "reader-bar"},
      h("strong", {class: "reader-title"}, p && titleOf(p)),
      p && [
        h("a", {class: "small", href: app.link({v: "search", like: p.label, q: null, p: null}), title: "Similar passages (s)"}, "Similar"),
        button("Copy", "Copy the passage (c)", () => copy(p.text, "Passage")),
        button("Link", "Copy the link to this passage (l)", () => copy(location.href, "Link")),
      ],
      h("button", {type: "button", class: "small", "aria-label": "Close the document", title: "Close (Esc)", onclick: () => this.close()}, "✕"));
  }

  #draw(label, {chosen, passages, total, partly}) {
    const code = CODE.test(chosen.path ?? ""), body = h("div", {class: code ? "document code" : "document"});
    fill(this.element, this.#bar(chosen),
      h("header", {class: "document-head"},
        h("h2", {tabindex: "-1"}, titleOf(chosen)),
        h("p", {class: "place"}, chosen.path ?? chosen.id ?? "", total > 1 && h("span", null, ` · ${count(total, "passage")}`)),
        Object.keys(chosen.fields ?? {}).length > 0 && h("dl", {class: "fields"}, Object.entries(chosen.fields).map(([k, v]) => [h("dt", null, k), h("dd", null, [].concat(v).join(", "))]))),
      partly && h("p", {class: "note"}, `Passages around this one, of ${count(total, "passage")}.`), body);
    this.heading = "";
    this.#append(body, passages, label);
    if (!partly && passages.length < total) this.#more(body, passages.length, total, chosen.path, label);
    const target = body.querySelector(".chosen");
    this.chosen = target && chosen;
    this.element.scrollTop = 0;
    if (target && passages.length > 1) this.element.scrollTop = target.getBoundingClientRect().top - this.element.getBoundingClientRect().top - this.element.clientHeight / 4;
    this.element.querySelector("h2").focus({preventScroll: true});
    announce(`${titleOf(chosen)} is open`);
  }

  #append(body, passages, label) {
    for (const p of passages) {
      const heading = (p.heading ?? []).join(" › "), chosen = String(p.label) === label;
      if (heading && heading !== this.heading) body.append(h("h3", null, p.heading.at(-1), p.heading.length > 1 && h("small", null, p.heading.slice(0, -1).join(" › "))));
      this.heading = heading;
      body.append(h("section", {class: chosen ? "chosen" : null, "aria-current": chosen ? "true" : null, "aria-label": p.first_line ? `Lines ${p.first_line} to ${p.last_line}` : null},
        p.first_line > 0 && h("a", {class: "lines", href: this.app.link({p: p.label}), "aria-label": `Link to line ${p.first_line}`}, p.first_line),
        h("div", {class: "text"}, marked(flowing(p), chosen ? this.matches.get(label) : []))));
    }
  }

  #more(body, from, total, path, label) {
    const button = h("button", {type: "button", class: "small", onclick: async () => {
      button.disabled = true;
      try {
        const next = (await request(this.app.path(`document?path=${encodeURIComponent(path)}&from=${from}&limit=${PAGE}`))).passages ?? [];
        if (!button.isConnected) return;
        button.remove();
        this.#append(body, next, label);
        if (next.length && from + next.length < total) this.#more(body, from + next.length, total, path, label);
      } catch (e) {
        button.replaceWith(errorBox(e));
      }
    }}, `More (${from} of ${total})`);
    body.append(button);
  }
}
