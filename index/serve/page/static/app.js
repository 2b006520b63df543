// app.js starts the page: the collections, the state in the address, the views and the keys.
//
// The address holds the whole state, so that links and the back button work:
//   c collection · v view · q question · mode · where · f.FIELD filters · group · w weight of the meaning
//   k number of results · like label of the passage that others resemble · p label of the open passage
//   word, s and ex: see words.js and explain.js

import {$, announce, fill, h} from "./dom.js";
import {errorBox, request} from "./api.js";
import {Reader} from "./reader.js";
import {SearchView} from "./search.js";
import {MapView} from "./map.js";
import {WordsView} from "./words.js";
import {ExplainView} from "./explain.js";

const VIEWS = {
  search: {name: "Search", View: SearchView, fits: c => c?.kind === "documents"},
  words: {name: "Words", View: WordsView, fits: c => c?.kind === "words"},
  map: {name: "Map", View: MapView, fits: c => c?.kind === "documents"},
  explain: {name: "Explain", View: ExplainView, fits: () => true},
};

const app = {
  collections: [],
  state: new URLSearchParams(location.search),

  get collection() {
    const wanted = this.state.get("c");
    return wanted ? this.collections.find(c => c.name === wanted) : this.collections[0];
  },

  /** The path of the API for the collection. */
  path(rest) { return `v1/${this.collection.kind === "documents" ? "collections" : "words"}/${encodeURIComponent(this.collection.name)}/${rest}`; },

  /** The address with some of its values changed; null removes one. */
  link(changes) {
    const next = new URLSearchParams(this.state);
    for (const [name, value] of Object.entries(changes)) {
      next.delete(name);
      for (const v of Array.isArray(value) ? value : [value]) if (v !== null && v !== undefined && v !== "") next.append(name, v);
    }
    return "?" + next;
  },

  /** Goes to that address: as a new entry of the history, or in place of the present one. */
  go(changes, {replace = false} = {}) {
    const link = this.link(changes);
    if (link === "?" + this.state) return;
    history[replace ? "replaceState" : "pushState"](null, "", link);
    render();
  },
};

let view = null, viewName = "";
const reader = app.reader = new Reader(app, $("reader"));

function render() {
  app.state = new URLSearchParams(location.search);
  const c = app.collection, wanted = app.state.get("v");
  const name = wanted in VIEWS && VIEWS[wanted].fits(c) ? wanted : Object.keys(VIEWS).find(v => VIEWS[v].fits(c));
  drawTop(c, name);
  document.title = [app.state.get("q") ?? app.state.get("word"), c?.name, "LuminaVec"].filter(Boolean).join(" · ");
  if (!c && name !== "explain" || !c && app.state.get("c")) {
    view?.close();
    view = null;
    fill($("main"), h("div", {class: "note"}, app.collections.length
      ? [`There is no collection "${app.state.get("c")}" on this server. `, app.collections.map((o, i) => [i > 0 && ", ", h("a", {href: "?c=" + encodeURIComponent(o.name)}, o.name)])]
      : "This server has no collection."));
    return;
  }
  const key = name + "/" + c?.name;
  if (!view || viewName !== key) {
    view?.close();
    viewName = key;
    document.body.dataset.view = name;
    fill($("main"));
    view = new VIEWS[name].View(app, $("main"));
  }
  view.update(app.state);
  reader.update(app.state);
}

function drawTop(c, current) {
  const select = $("collection");
  fill(select, app.collections.map(o => h("option", {value: o.name, selected: o === c}, o.name)));
  select.hidden = app.collections.length === 0;
  $("title").textContent = [c?.name, VIEWS[current]?.name].filter(Boolean).join(": ") || "LuminaVec";
  const shown = Object.entries(VIEWS).filter(([, v]) => v.fits(c));
  fill($("views"), shown.map(([name, v]) => h("a", {
    href: app.link({v: name, p: null}), "aria-current": name === current ? "page" : null,
  }, v.name)));
}

/** Links within the page change the state and load nothing. */
function follow(e) {
  const a = e.target.closest?.("a[href^='?']");
  if (!a || e.defaultPrevented || e.button || e.ctrlKey || e.metaKey || e.shiftKey || e.altKey) return;
  e.preventDefault();
  if (a.search === location.search) return;
  history.pushState(null, "", a.getAttribute("href"));
  render();
}

const KEYS = [
  ["/", "go to the search box"], ["↓ ↑ or j k", "next and previous result"], ["Enter", "open the result"],
  ["s", "passages similar to it"], ["c", "copy the passage"], ["l", "copy the link to it"],
  ["f", "filters"], ["m", "next mode"], ["1 2 3", "views"], ["Esc", "close, or leave the box"], ["?", "this list"],
];

function help() {
  const dialog = $("help");
  if (dialog.open) { dialog.close(); return; }
  const list = rows => h("dl", {class: "keys"}, rows.map(([keys, text]) => [h("dt", null, keys.split(" ").map(k => k === "or" ? " or " : h("kbd", null, k))), h("dd", null, text)]));
  fill(dialog, h("form", {method: "dialog"},
    h("h2", {id: "help-title"}, "Keys"), list(KEYS),
    h("h3", null, "On the map"), list([["← → ↑ ↓", "move"], ["+ -", "zoom; 0 shows everything"], ["n p", "next and previous cluster; Enter lists it"], ["l", "draw a lasso (or drag with Shift)"]]),
    h("h3", null, "In an explanation"), list([["← →", "previous and next step"]]),
    h("div", {class: "row end"}, h("button", {class: "primary", autofocus: true}, "Close"))));
  dialog.showModal();
}

function onKey(e) {
  if (e.isComposing || e.keyCode === 229) return; // the keys belong to an input method
  if (e.ctrlKey || e.metaKey || e.altKey || document.querySelector("dialog[open]")) return;
  const typing = e.target.matches?.("input:not([type=checkbox]):not([type=radio]):not([type=range]), select, textarea");
  if (e.key === "Escape") {
    if (reader.open) reader.close();
    else if (typing) e.target.blur();
    else if (!view?.key?.(e)) return;
  } else if (typing) {
    if (!view?.typing?.(e)) return;
  } else if (e.key === "/") {
    const box = document.querySelector("[data-search]");
    box?.focus();
    box?.select();
  } else if (e.key === "?") help();
  else if (/^[1-4]$/.test(e.key)) {
    const a = $("views").children[e.key - 1];
    if (!a) return;
    a.click();
  } else if (!view?.key?.(e)) return;
  e.preventDefault();
}

async function start() {
  try {
    const answer = await request("v1/collections");
    app.collections = Array.isArray(answer) ? answer : answer.collections ?? [];
  } catch (e) {
    fill($("main"), errorBox(e, start));
    return;
  }
  view?.close();
  view = null;
  render();
}

addEventListener("popstate", render);
addEventListener("server-back", () => { announce("The server answers again."); start(); });
addEventListener("keydown", onKey);
addEventListener("click", follow);
$("help-button").addEventListener("click", help);
$("collection").addEventListener("change", e => {
  const kept = {v: app.state.get("v"), q: app.state.get("q"), mode: app.state.get("mode"), c: e.target.value};
  history.pushState(null, "", "?" + new URLSearchParams(Object.entries(kept).filter(([, v]) => v)));
  render();
});
start();
