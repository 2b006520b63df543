// explain.js is the view that shows how a text becomes a vector: tokens, their vectors, Linear+ReLU,
// the mean, the projection, and dot products. It walks the worked example, a model of 22 words that
// can be followed by hand, and any text by the model of the collection.
// In the address, ex is the text, on=model chooses the model of the collection, s is the step.

import {announce, count, fill, h, marked, short} from "./dom.js";
import {errorBox, Latest, request} from "./api.js";
import {titleOf} from "./reader.js";
import {searchBox} from "./search.js";
import {first, matrix, strip, vectors} from "./matrix.js";

const EXAMPLE = "am I you";
const SHOWN = 24; // tokens whose vectors are shown
const POOLINGS = {mean: "Mean", sif: "Mean", max: "Maximum", first: "First token", cls: "First token", last: "Last token"};
const dot = (a, b) => a.reduce((s, v, i) => s + v * b[i], 0);
const times = (a, b) => `${short(a)}·${b < 0 ? `(${short(b)})` : short(b)}`;
const products = (a, b) => a.map((v, i) => times(v, b[i])).join(" + ");

export class ExplainView {
  constructor(app, main) {
    Object.assign(this, {app, main, latest: new Latest(), steps: []});
    this.box = searchBox(app, {key: "ex", label: "Text to explain", placeholder: EXAMPLE, rest: 250});
    const choice = (value, name, title) => h("label", {title}, h("input", {type: "radio", name: "on", value, onchange: () => app.go({on: value, ex: null, s: null})}), h("span", null, name));
    this.choice = h("div", {class: "segments", role: "radiogroup", "aria-label": "Model"},
      choice("example", "Worked example", "A model of 22 words and 4 dimensions, small enough to follow by hand"), app.collection && choice("model", app.collection.name, "The model of this collection"));
    this.pills = h("ol", {class: "pills"});
    this.cards = h("div", {class: "cards"});
    fill(main, h("div", {class: "bar"}, this.box.form, h("div", {class: "bar-row"}, this.choice)), h("nav", {"aria-label": "Steps", class: "steps"}, this.pills), this.cards);
  }

  async update(state) {
    const {collection} = this.app, model = !!collection && (state.get("on") ?? (collection.kind === "model" ? "model" : "example")) === "model";
    this.box.input.placeholder = model ? "Any text" : EXAMPLE;
    this.box.sync(state);
    for (const radio of this.choice.querySelectorAll("input")) radio.checked = radio.value === (model ? "model" : "example");
    const text = (state.get("ex") ?? (model ? state.get("q") : null) ?? "").trim() || (model ? "" : EXAMPLE), asked = `${model}/${text}`;
    if (asked === this.asked) { this.#walk(state); return; }
    this.asked = asked;
    if (!text) {
      this.latest.stop();
      this.steps = [];
      fill(this.pills);
      fill(this.cards, h("div", {class: "welcome"}, h("p", null, "Type a text to see what the model makes of it.")));
      return;
    }
    const got = await this.latest.run(signal => model ? this.#byModel(text, signal) : this.#byExample(text, signal));
    if (!got) return;
    if (got.error) { this.steps = []; fill(this.pills); fill(this.cards, errorBox(got.error, () => { this.asked = ""; this.update(state); })); return; }
    this.steps = got.value;
    this.all = model;
    fill(this.cards, this.steps.map((s, i) => h("section", {class: "card", id: `step-${i + 1}`, "aria-label": `Step ${i + 1}: ${s.title}`}, h("h2", null, h("span", {class: "step-number"}, i + 1), s.title), h("p", {class: "why"}, s.why), s.body)),
      h("div", {class: "row step-buttons"}, this.back = h("button", {type: "button", class: "button", onclick: () => this.#step(-1)}, "← Back"), this.next = h("button", {type: "button", class: "primary", onclick: () => this.#step(1)}, "Next step →"),
        h("span", {class: "grow"}), this.every = h("button", {type: "button", class: "text-button", onclick: () => this.#go(this.steps.length)}, "Show all steps")));
    this.drawn = 0;
    this.#walk(this.app.state);
  }

  #at(state) { return Math.max(1, Math.min(this.steps.length, Number(state.get("s")) || (this.all ? this.steps.length : 1))); }

  #go(n) { this.app.go({s: n}, {replace: true}); }

  #step(by) { this.#go(Math.max(1, Math.min(this.steps.length, this.#at(this.app.state) + by))); }

  // Cards up to the present step are shown.
  #walk(state) {
    if (!this.steps.length) return;
    const at = this.#at(state), cards = [...this.cards.querySelectorAll(".card")];
    cards.forEach((card, i) => { card.hidden = i >= at; card.classList.toggle("now", i === at - 1 && !(this.all && !state.has("s"))); });
    fill(this.pills, this.steps.map((s, i) => h("li", null, h("a", {href: this.app.link({s: i + 1}), "aria-current": i === at - 1 ? "step" : null, class: i < at ? "done" : null}, s.title))));
    this.back.disabled = at === 1;
    this.next.disabled = this.every.disabled = at === this.steps.length;
    if (this.drawn && this.drawn !== at) {
      cards[at - 1].scrollIntoView({block: "nearest"});
      announce(`Step ${at} of ${this.steps.length}: ${this.steps[at - 1].title}`);
    }
    this.drawn = at;
  }

  async #byExample(text, signal) {
    const x = await request(`v1/example?text=${encodeURIComponent(text)}`, {signal});
    return [...stepsOf(x.query), compared(x.query, x.documents)];
  }

  async #byModel(text, signal) {
    const c = this.app.collection, path = this.app.path("explain");
    if (c.kind !== "documents") return allSteps((await request(path, {body: {text}, signal})).query);
    const found = await request(this.app.path("query"), {body: {text, k: 3, mode: "dense"}, signal}), best = found.results[0];
    let answer;
    try {
      answer = await request(path, {body: {text, ...best && {label: best.passage.label}}, signal});
    } catch (e) { // some passages cannot be explained: they are too long, or their model is elsewhere
      if (e.status !== 422 || !best) throw e;
      answer = await request(path, {body: {text}, signal});
    }
    const steps = allSteps(answer.query), other = answer.passage && (answer.passage.static ?? answer.passage.transformer).vector;
    if (best) steps.push(nearest(this.app, (answer.query.static ?? answer.query.transformer).vector, found.results, other));
    return steps;
  }

  typing() { return false; }

  key(e) {
    if (e.key === "ArrowRight" || e.key === "n") { this.#step(1); return true; }
    if (e.key === "ArrowLeft" || e.key === "p") { this.#step(-1); return true; }
    return false;
  }

  close() { this.latest.stop(); }
}

const allSteps = x => x.transformer ? transformerSteps(x.transformer) : stepsOf(x.static);

/** The steps of a sentence encoder, from the object that "embed explain" prints as JSON. */
function stepsOf(x) {
  const known = x.tokens.filter(t => t.embedding), shown = known.slice(0, SHOWN), names = shown.map(t => t.text), w = x.weights ?? {};
  const rows = pick => shown.map(pick), steps = [tokens(x)];
  if (!known.length) return steps;
  const composed = x.composed ? " A word without a row gets the mean of the rows of its character n-grams." : "";
  const more = known.length > SHOWN ? ` The first ${SHOWN} of ${known.length} are shown.` : "";
  steps.push({title: "Vectors", why: `Each token has a row of ${shown[0].embedding.length} numbers in the table of the model.${composed}${more}`, body: vectors(rows(t => t.embedding), names, {columns: columns("e", shown[0].embedding.length)})});
  if (shown[0].linear) {
    const formula = w.linear && ((i, j) => `${names[i]}, row ${j + 1} of W: ${products(w.linear[j], shown[i].embedding)} + ${short(w.bias[j])} = ${short(shown[i].linear[j])}`);
    steps.push({title: "Linear", why: "A layer multiplies each vector by a matrix W and adds b: W·e + b." + (formula ? " Point at a number to see its arithmetic." : ""), body: h("div", {class: "side-by-side"},
      w.linear && matrix(w.linear, {caption: "W", names: w.linear.map((_, j) => `row ${j + 1}`)}), w.bias && matrix(w.bias.map(b => [b]), {caption: "b"}),
      h("span", {class: "arrow", "aria-hidden": "true"}, "→"), h("div", null, vectors(rows(t => t.linear), names, {caption: "W·e + b", formula})))});
    steps.push({title: "ReLU", why: "Negative numbers become 0. Without this step the layers would be one multiplication.", body: vectors(rows(t => t.relu), names, {
      formula: (i, j) => `max(0, ${short(shown[i].linear[j])}) = ${short(shown[i].relu[j])}`, chosen: (i, j) => shown[i].linear[j] < 0})});
  }
  const last = t => t.relu ?? t.embedding, m = x.mean ?? x.pooled, weighted = x.pooling === "sif";
  if (weighted) steps.push({title: "Weights", why: "A frequent token counts less: its weight is a/(a+p), p its share of the corpus.", body: matrix(rows(t => [t.weight]), {names})});
  if (m) {
    const sum = j => known.length <= 8 ? known.map(t => weighted ? times(t.weight, last(t)[j]) : short(last(t)[j])).join(" + ") : "…";
    const mean = !x.pooling || x.pooling === "mean" || weighted;
    const why = mean ? `The ${count(known.length, "vector")} are added${weighted ? ", each times its weight," : ""} and divided by ${known.length}: the order of the words does not matter.` : {max: "Of each column, the largest number is taken."}[x.pooling] ?? "One token stands for the text.";
    steps.push({title: POOLINGS[x.pooling] ?? "Mean", why, body: vectors([m], ["m"], {formula: mean ? (_, j) => `(${sum(j)}) / ${known.length} = ${short(m[j])}` : null})});
  }
  if (x.projection) {
    steps.push({title: "Projection", why: `A matrix P makes ${x.projection.length} numbers of ${m.length}: P·m.`, body: h("div", {class: "side-by-side"}, w.projection && matrix(w.projection, {caption: "P", names: w.projection.map((_, j) => `row ${j + 1}`)}),
      h("span", {class: "arrow", "aria-hidden": "true"}, "→"), vectors([x.projection], ["p"], {caption: "P·m", formula: w.projection && ((_, j) => `${products(w.projection[j], m)} = ${short(x.projection[j])}`)}))});
  }
  if (x.normalized) steps.push({title: "Normalization", why: `The vector is divided by its length, ${short(x.norm)}, so that a dot product is a cosine.`, body: vectors([x.normalized], ["v"])});
  return steps;
}

const columns = (name, n) => n <= 8 ? Array.from({length: n}, (_, i) => `${name}${i + 1}`) : [];

function tokens(x) {
  const unknown = x.tokens.filter(t => t.id < 0 && !t.embedding && !t.vector).length;
  return {title: "Tokens", why: `The text is cut into ${count(x.tokens.length, "token")}. ${unknown ? `${unknown} of them the model does not know: they are left out.` : "The number is that of the row of the token."}`,
    body: h("ul", {class: "tokens"}, x.tokens.slice(0, 200).map(t => h("li", {class: t.id < 0 && !t.embedding ? "unknown" : null}, h("span", null, t.text ?? t.token), h("small", null, t.id >= 0 ? t.id : t.embedding ? "n-grams" : "unknown"))))};
}

/** The dot products of the worked example. */
function compared(x, others) {
  const list = others.map(o => ({text: o.text, v: o.vector, score: dot(x.vector, o.vector)})).sort((a, b) => b.score - a.score);
  return {title: "Dot products", why: `The texts are compared by the dot product of their vectors with that of "${x.text}". The largest is the best match.`,
    body: h("div", {class: "scroll", tabindex: "0", role: "region", "aria-label": "Dot products"}, h("table", {class: "products"}, h("thead", null, h("tr", null, ["Rank", "Text", "Vector", `· (${x.vector.map(short).join(", ")})`, "="].map(t => h("th", {scope: "col"}, t)))),
      h("tbody", null, list.map((o, i) => h("tr", {class: i === 0 ? "best" : null}, h("td", null, i + 1), h("th", {scope: "row"}, o.text), h("td", null, `(${o.v.map(short).join(", ")})`), h("td", null, products(x.vector, o.v)), h("td", null, h("strong", null, short(o.score))))))))};
}

/** The nearest passages, and the product with the first of them, value by value. */
function nearest(app, v, results, other) {
  const product = other && v?.length === other.length ? v.map((a, i) => a * other[i]) : null;
  return {title: "Dot products", why: "The vector is compared with those of all passages: the dot product of the two.", body: [
    product && h("div", {class: "strips long"}, [["text", v], ["passage", other], ["product", product]].map(([name, values]) => [h("span", {class: "strip-name"}, name), strip(values, undefined, name), h("span", {class: "first"}, name === "product" ? `Σ = ${short(dot(v, other))}` : first(values))])),
    h("ol", {class: "picked"}, results.map(r => h("li", null, h("a", {href: app.link({p: r.passage.label})}, h("strong", null, titleOf(r.passage))), " ", h("span", {class: "number"}, short(r.parts?.dense ?? r.score)), h("p", null, marked(r.passage.text, [], 160)))))]};
}

/** The steps of a transformer: tokens, attention, pooling. */
function transformerSteps(x) {
  const names = x.tokens.map(t => t.token ?? t.text).slice(0, SHOWN), layers = [...new Set(x.attention.map(a => a.layer))];
  const layer = h("select", {"aria-label": "Layer"}, layers.map(l => h("option", {value: l}, `layer ${l}`))), head = h("select", {"aria-label": "Head"}), out = h("div");
  layer.value = layers.at(-1);
  const draw = () => {
    const mine = x.attention.filter(a => String(a.layer) === layer.value), kept = head.value || "mean";
    fill(head, h("option", {value: "mean"}, "mean of heads"), mine.map(a => h("option", {value: a.head}, `head ${a.head}`)));
    head.value = kept;
    const chosen = mine.filter(a => kept === "mean" || String(a.head) === kept), n = names.length;
    fill(out, matrix(Array.from({length: n}, (_, i) => Array.from({length: n}, (_, j) => chosen.reduce((s, a) => s + a.weights[i][j], 0) / (chosen.length || 1))), {names, columns: names, digits: v => v.toFixed(2)}));
  };
  layer.addEventListener("change", draw);
  head.addEventListener("change", draw);
  if (layers.length) draw();
  const rows = x.tokens.slice(0, SHOWN).map(t => t.vector).filter(Boolean);
  return [tokens(x),
    layers.length > 0 && {title: "Attention", why: "In each layer every token takes from the others, as much as the weights of its row say.", body: [h("div", {class: "row"}, layer, head), out]},
    rows.length > 0 && {title: "Vectors", why: "The tokens after the last layer.", body: vectors(rows, names)},
    {title: POOLINGS[x.pooling] ?? "Pooling", why: `One vector of ${x.vector.length} values is made of those of the tokens${x.normalize ? ", and divided by its length" : ""}.`, body: vectors([x.vector], ["v"])}].filter(Boolean);
}
