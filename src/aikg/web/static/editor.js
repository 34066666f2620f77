// Completion for the query form, from the graph's own names. Without this script the form works.
//
// While a word or a prefixed name is typed, the names that fit are listed below the text: arrow
// keys choose, Enter takes, Escape closes. The PREFIX line that a name needs is written too.
// Ctrl+Enter asks.
"use strict";

const MOST = 8;
const NAMES = `PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
SELECT DISTINCT ?iri ?label { ?iri rdfs:label ?label
  FILTER(isIRI(?iri) && STRSTARTS(STR(?iri), "https://w3id.org/aikg/")) }`;
const PREFIXES = `PREFIX sh: <http://www.w3.org/ns/shacl#>
SELECT ?prefix ?namespace { GRAPH <https://w3id.org/aikg/.well-known/sparql-examples> {
  ?set sh:declare ?one . ?one sh:prefix ?prefix ; sh:namespace ?namespace } }`;

const text = document.getElementById("query");
// The editor of `make editor` has its own completion, and hides this field.
const standsAside = "editor" in text.dataset;
const list = document.getElementById("completions");
const status = document.getElementById("completions-status");
let names; // a promise of [{name, prefix, namespace, label}], asked for once
let offered = [];
let chosen = -1;

async function rows(query) {
  const reply = await fetch(`${text.form.action}?${new URLSearchParams({ query })}`, {
    headers: { Accept: "application/sparql-results+json" },
  });
  if (!reply.ok) return [];
  return (await reply.json()).results.bindings;
}

async function load() {
  const [prefixes, terms] = await Promise.all([rows(PREFIXES), rows(NAMES)]);
  const namespaces = prefixes.map(({ prefix, namespace }) => [prefix.value, namespace.value]);
  return terms.flatMap(({ iri, label }) => {
    const found = namespaces.find(
      ([, namespace]) => iri.value.startsWith(namespace) && !/[/#]/.test(iri.value.slice(namespace.length)));
    if (!found) return [];
    const [prefix, namespace] = found;
    return [{ name: `${prefix}:${iri.value.slice(namespace.length)}`, prefix, namespace, label: label.value }];
  });
}

/** What stands before the caret and could be a name; nothing in a comment, a string or an IRI. */
function typed() {
  const line = text.value.slice(0, text.selectionStart).split("\n").pop();
  const outside = line.replace(/<[^<>\s]*>|"[^"]*"|'[^']*'/g, "");
  if (/[#"'<]/.test(outside.replace(/<=|<$/g, ""))) return "";
  return /(?<![?$\w:-])[A-Za-z][\w-]*(?::[\w-]*)?$/.exec(line)?.[0] ?? "";
}

function fitting(all, word) {
  const low = word.toLowerCase();
  const rank = ({ name, label }) => {
    const [own, said] = [name.toLowerCase(), label.toLowerCase()];
    if (own.startsWith(low)) return 0;
    if (own.split(":")[1].startsWith(low) || said.startsWith(low)) return 1;
    return !word.includes(":") && said.includes(low) ? 2 : 3;
  };
  return all.map((one) => [rank(one), one]).filter(([order]) => order < 3)
    .sort(([a, x], [b, y]) => a - b || x.name.length - y.name.length).map(([, one]) => one).slice(0, MOST);
}

function close() {
  offered = [];
  chosen = -1;
  list.hidden = true;
  list.replaceChildren();
  text.removeAttribute("aria-activedescendant");
  status.textContent = "";
}

function show() {
  list.replaceChildren(...offered.map(({ name, label }, index) => {
    const option = document.createElement("li");
    option.id = `completion-${index}`;
    option.role = "option";
    option.ariaSelected = String(index === chosen);
    const code = document.createElement("code");
    code.textContent = name;
    option.append(code, ` ${label}`);
    option.addEventListener("mousedown", (event) => {
      event.preventDefault();
      take(index);
    });
    return option;
  }));
  list.hidden = false;
  if (chosen >= 0) text.setAttribute("aria-activedescendant", `completion-${chosen}`);
}

async function offer() {
  const word = typed();
  if (word.length < 2) return close();
  names ??= load();
  const all = await names;
  if (typed() !== word) return; // more has been typed meanwhile
  offered = fitting(all, word).filter(({ name }) => name !== word);
  chosen = -1;
  if (!offered.length) return close();
  show();
  status.textContent = `${offered.length} names; arrow down chooses, Enter takes.`;
}

function take(index) {
  const { name, prefix, namespace } = offered[index];
  const end = text.selectionStart;
  text.setRangeText(name, end - typed().length, end, "end");
  if (!new RegExp(`PREFIX\\s+${prefix}:`, "i").test(text.value)) {
    text.setRangeText(`PREFIX ${prefix}: <${namespace}>\n`, 0, 0, "preserve");
  }
  close();
}

if (!standsAside) text.addEventListener("input", offer);
text.addEventListener("blur", close);
text.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    text.form.requestSubmit();
  } else if (offered.length && ["ArrowDown", "ArrowUp"].includes(event.key)) {
    event.preventDefault();
    const step = event.key === "ArrowDown" ? 1 : offered.length - 1 + (chosen < 0);
    chosen = (chosen + step) % offered.length;
    show();
  } else if (chosen >= 0 && event.key === "Enter") {
    event.preventDefault();
    take(chosen);
  } else if (offered.length && event.key === "Escape") {
    event.preventDefault();
    close();
  }
});
