// The editor of the query page. It stands in for the text field, which stays the field of the form.
//
// It lives in a shadow tree: there its styles are constructed style sheets, which a
// Content-Security-Policy without a nonce allows.
import { autocompletion, completionKeymap, acceptCompletion } from "@codemirror/autocomplete";
import { HighlightStyle, syntaxHighlighting, syntaxTree } from "@codemirror/language";
import { forceLinting, linter, lintKeymap } from "@codemirror/lint";
import { EditorState } from "@codemirror/state";
import { EditorView, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { minimalSetup } from "codemirror";
import { sparql } from "codemirror-lang-sparql";
import { isQuoted, position, tokens, undeclared } from "./position.js";
import { expanded, named, read } from "./vocabulary.js";

const KEYWORDS = ["SELECT", "DISTINCT", "WHERE", "FILTER", "OPTIONAL", "UNION", "BIND", "VALUES", "GRAPH", "MINUS",
  "ORDER BY", "GROUP BY", "HAVING", "LIMIT", "OFFSET", "ASK", "CONSTRUCT", "DESCRIBE", "PREFIX", "COUNT", "AS"];
const MOST = 60;

const field = document.getElementById("query");
let vocabulary;
const known = () => (vocabulary ??= read(field.form.action));

const style = HighlightStyle.define([
  { tag: [tags.keyword, tags.operatorKeyword, tags.modifier], color: "var(--link)", fontWeight: "600" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--editor-text)" },
  { tag: [tags.comment, tags.lineComment], color: "var(--quiet)", fontStyle: "italic" },
  { tag: [tags.variableName, tags.special(tags.variableName)], color: "var(--editor-name)" },
  { tag: [tags.number, tags.bool, tags.literal], color: "var(--editor-number)" },
]);

const theme = EditorView.theme({
  "&": { color: "var(--ink)", backgroundColor: "var(--raised)", border: "1px solid var(--line)",
    borderRadius: "4px", fontSize: ".875rem", maxHeight: "34rem" },
  "&.cm-focused": { outline: "3px solid var(--link)", outlineOffset: "2px" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.5", overflow: "auto" },
  ".cm-content": { minHeight: "9rem", padding: ".6rem 0", caretColor: "var(--ink)" },
  ".cm-cursor": { borderLeftColor: "var(--ink)" },
  ".cm-gutters": { color: "var(--quiet)", backgroundColor: "var(--raised)", borderRight: "1px solid var(--line)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground":
    { backgroundColor: "var(--editor-selection)" },
  ".cm-tooltip": { color: "var(--ink)", backgroundColor: "var(--paper)", border: "1px solid var(--line)" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": { color: "var(--paper)", backgroundColor: "var(--link)" },
  ".cm-completionDetail": { fontStyle: "normal", opacity: ".8" },
  // The library's own marks are pictures in a style, which the policy does not allow.
  ".cm-lintRange": { backgroundImage: "none !important", textDecoration: "underline wavy var(--warning)" },
  ".cm-lintPoint:after": { borderBottomColor: "var(--warning)" },
  ".cm-diagnostic": { padding: ".3rem .6rem" },
  ".cm-diagnosticAction": { color: "var(--paper)", backgroundColor: "var(--link)", padding: ".3rem .6rem" },
});

/** Say below the editor what is wrong, with a button for the fix. */
function advise(view, found) {
  const parts = found.flatMap(({ message, from, actions = [] }) => [
    `Line ${view.state.doc.lineAt(from).number}: ${message} `,
    ...actions.map(({ name, apply }) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "quiet";
      button.textContent = name;
      button.addEventListener("click", () => { apply(view); view.focus(); });
      return button;
    }),
  ]);
  document.getElementById("advice").replaceChildren(...parts);
  return found;
}

/** The options at the caret: the properties of the subject's classes before others, by how often they occur. */
async function complete(context) {
  const whole = context.state.doc.toString();
  const before = whole.slice(0, context.pos);
  if (isQuoted(before)) return null;
  const word = context.matchBefore(/[?$A-Za-z][\w-]*(?::[\w-]*)?/);
  if (!word && !context.explicit) return null;
  const from = word?.from ?? context.pos;
  const { role, classes } = position(whole.slice(0, from), whole);
  if (word && "?$".includes(word.text[0])) return { from, options: variables(whole, word.text), validFor: /^[?$]\w*$/ };
  const graph = await known();
  const options = role === "keyword" ? [] : names(graph, role, classes, word?.text ?? "");
  const keywords = KEYWORDS.map((label) => ({ label, type: "keyword", boost: role === "keyword" ? 1 : -50 }));
  return filtered([...options, ...keywords], word?.text ?? "", from);
}

function variables(whole, typed) {
  const all = new Set(tokens(whole).filter(({ kind, text }) => kind === "variable" && text !== typed).map(({ text }) => text));
  return [...all].map((label) => ({ label, type: "variable" }));
}

function names(graph, role, classes, typed) {
  const counted = { class: new Map([...graph.classes].map(([iri, { count }]) => [iri, count])), predicate: graph.properties };
  const own = new Map(classes.map((one) => expanded(graph, one))
    .flatMap((iri) => [...(graph.classes.get(iri)?.properties ?? [])]));
  const from = counted[role] ?? new Map([...graph.label.keys()]
    .filter((iri) => !graph.classes.has(iri) && !graph.properties.has(iri)).map((iri) => [iri, 0]));
  return [...from].flatMap(([iri, count]) => {
    const short = named(graph, iri);
    if (!short || (!typed && !counted[role])) return [];
    const mine = role === "predicate" && own.has(iri);
    const text = graph.label.get(iri) ?? "";
    return [{ label: short.name, detail: [text, own.get(iri) ?? count].filter(Boolean).join(" · "), said: text,
      rank: (mine ? 1e9 : 0) + (own.get(iri) ?? count), type: role === "class" ? "class" : "property",
      apply: (view, option, start, end) => insert(view, short, start, end) }];
  });
}

/** Keep what fits the typed word in its name or its label, the best first. */
function filtered(options, typed, from) {
  const low = typed.toLowerCase();
  const order = ({ label, said = "", rank = 0, boost = 0 }) => {
    const name = label.toLowerCase();
    const place = name.startsWith(low) || name.split(":").pop().startsWith(low) ? 2 : said.toLowerCase().includes(low) ? 1 : -1;
    return place < 0 ? -1 : place * 1e12 + rank + boost + 100;
  };
  const fitting = options.map((one) => [order(one), one]).filter(([value]) => value >= 0)
    .sort(([a], [b]) => b - a).slice(0, MOST).map(([, one]) => one);
  return { from, options: fitting, filter: false };
}

function insert(view, { name, prefix, namespace }, from, to) {
  const has = new RegExp(`PREFIX\\s+${prefix}:`, "i").test(view.state.doc.toString());
  const line = has ? "" : `PREFIX ${prefix}: <${namespace}>\n`;
  view.dispatch({ changes: [...(line ? [{ from: 0, insert: line }] : []), { from, to, insert: name }],
    selection: { anchor: from + name.length + line.length }, userEvent: "input.complete" });
}

/** Mark the place that the server named, prefixes that are not declared, and what the grammar does not expect. */
async function lint(view) {
  const text = view.state.doc.toString();
  const graph = await known();
  const missing = undeclared(text).map(({ prefix, from, to }) => {
    const namespace = graph.namespaces.get(prefix);
    const line = `PREFIX ${prefix}: <${namespace}>\n`;
    const add = (editor) => editor.dispatch({ changes: { from: 0, insert: line } });
    return { from, to, severity: "error", message: `The prefix ${prefix}: is not declared.`,
      actions: namespace ? [{ name: `Add ${line.trim()}`, apply: add }] : [] };
  });
  const found = missing.length ? missing : [...ofServer(view.state, text), ...ofGrammar(view.state, text)];
  return advise(view, found.slice(0, 1));
}

function ofServer(state, text) {
  const { line, column, message } = field.dataset;
  if (!line || text.trim() !== field.defaultValue.trim()) return [];
  const start = state.doc.line(Math.min(Number(line), state.doc.lines));
  const from = Math.min(start.from + Number(column) - 1, start.to);
  return [{ from, to: Math.max(from, start.to), severity: "error", message }];
}

function ofGrammar(state, text) {
  const found = [];
  syntaxTree(state).iterate({ enter: ({ type, from, to }) => {
    if (type.isError && text.trim()) found.push({ from, to: Math.max(to, Math.min(from + 1, text.length)) });
  } });
  const first = found[0] ?? null;
  return first ? [{ ...first, severity: "warning", message: "The query is not complete here, or this is not expected." }] : [];
}

function open() {
  const place = document.createElement("div");
  place.id = "editor";
  field.before(place);
  const root = place.attachShadow({ mode: "open" });
  const submit = { key: "Mod-Enter", run: () => { field.form.requestSubmit(); return true; } };
  const view = new EditorView({
    root,
    parent: root,
    state: EditorState.create({
      doc: field.value,
      extensions: [
        keymap.of([submit, { key: "Tab", run: acceptCompletion }, ...completionKeymap, ...lintKeymap]),
        minimalSetup, lineNumbers(), sparql(), syntaxHighlighting(style), theme, EditorView.lineWrapping,
        autocompletion({ override: [complete], icons: false }), linter(lint, { delay: 500 }),
        EditorView.contentAttributes.of({ "aria-label": "Query" }),
        EditorView.updateListener.of(({ docChanged, state }) => { if (docChanged) field.value = state.doc.toString(); }),
      ],
    }),
  });
  field.hidden = true;
  field.required = false; // a hidden field cannot say that it is empty
  field.dataset.editor = "codemirror";
  document.querySelector("label[for=query]")?.addEventListener("click", () => view.focus());
  field.form.addEventListener("formdata", ({ formData }) => formData.set("query", view.state.doc.toString()));
  if (field.dataset.line) forceLinting(view);
}

open();
