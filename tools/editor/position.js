// Where the caret stands in a SPARQL query, and which prefixes the query lacks. No parser is needed:
// a half-written query has no tree. Each token is one of TOKEN's kinds.
const TOKEN = new RegExp([
  String.raw`(?<skip>#[^\n]*|\s+)`,
  String.raw`(?<text>"""[\s\S]*?(?:"""|$)|'''[\s\S]*?(?:'''|$)|"(?:[^"\\\n]|\\.)*(?:"|$)|'(?:[^'\\\n]|\\.)*(?:'|$))`,
  String.raw`(?<iri><[^<>"{}|^\x60\\\s]*>)`,
  String.raw`(?<variable>[?$]\w+)`,
  String.raw`(?<name>[A-Za-z][\w.-]*:[\w.%:-]*[\w-]|[A-Za-z][\w.-]*:|(?<![\w:]):[\w-]*)`,
  String.raw`(?<word>@?[A-Za-z][\w-]*)`,
  String.raw`(?<sign>[\s\S])`,
].join("|"), "y");

/** Part a text into tokens; comments and white space are left out. */
export function tokens(text) {
  const found = [];
  TOKEN.lastIndex = 0;
  for (let match; (match = TOKEN.exec(text)) && match[0];) {
    const kind = Object.keys(match.groups).find((name) => match.groups[name] !== undefined);
    if (kind !== "skip") found.push({ kind, text: match[0], from: match.index });
  }
  return found;
}

/** Whether the caret at the end of a text is in a comment or a string, where nothing is completed. */
export function isQuoted(text) {
  TOKEN.lastIndex = 0;
  let last;
  for (let match; (match = TOKEN.exec(text)) && match[0];) last = match;
  if (last?.groups.skip) return last[0].startsWith("#");
  return Boolean(last?.groups.text) && !/^("""[\s\S]*"""|'''[\s\S]*'''|"[^"]*"|'[^']*')$/.test(last[0]);
}

const TYPES = new Set(["a", "rdf:type", "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"]);

/**
 * Say what may stand after a text: `{role, classes}`. The role is "subject", "predicate", "class"
 * or "object"; outside braces it is "keyword". The classes are those that the query states of the
 * subject of the triple.
 */
export function position(before, whole) {
  const triple = [];
  let depth = 0;
  let subject = "";
  for (const { kind, text } of tokens(before)) {
    if (text === "{") depth += 1;
    if (text === "}") depth -= 1;
    if (text === "{" || text === "}" || text === ".") triple.length = 0;
    else if (text === ";") triple.length = 1;
    else if (text === ",") triple.length = 2;
    else if (kind === "sign") {
      // A path goes on with a property; anything else is not a part of a triple.
      if ("/|^".includes(text) && triple.length) triple.length = Math.min(triple.length, 1);
      else if ("()".includes(text)) triple.length = 0;
    } else triple.push(text);
    if (triple.length === 1) [subject] = triple;
  }
  if (depth < 1) return { role: "keyword", classes: [] };
  const role = ["subject", "predicate", "object"][Math.min(triple.length, 2)];
  const isClass = role === "object" && TYPES.has(triple[1]);
  return { role: isClass ? "class" : role, classes: role === "subject" ? [] : classes(whole, subject) };
}

/** The classes that a query states of a variable, as they are written. */
function classes(text, subject) {
  const all = tokens(text);
  const found = [];
  let current = "";
  let start = true;
  all.forEach(({ kind, text: word }, index) => {
    if (start && kind !== "sign") current = word;
    start = "{}.".includes(word);
    const [verb, type] = [all[index]?.text, all[index + 1]];
    if (current === subject && TYPES.has(verb) && ["name", "iri"].includes(type?.kind)) found.push(type.text);
  });
  return found;
}

/** The prefixes that a query uses and does not declare, each with its places. */
export function undeclared(text) {
  const all = tokens(text);
  const declared = new Set();
  all.forEach(({ text: word }, index) => {
    if (word.toUpperCase() === "PREFIX" && all[index + 1]?.kind === "name") declared.add(all[index + 1].text);
  });
  return all.filter(({ kind, text: word }) => kind === "name" && !declared.has(word.slice(0, word.indexOf(":") + 1)))
    .map(({ text: word, from }) => ({ prefix: word.slice(0, word.indexOf(":")), from, to: from + word.length }));
}
