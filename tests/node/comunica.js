// Ask a source, or none, by Comunica: `node comunica.js QUERY [SOURCE [TYPE]]`. Prints the rows as JSON.
// The type `file` reads the address as a document, as SIB's editor reads a service description.
import { QueryEngine } from "@comunica/query-sparql";

const [query, source, type] = process.argv.slice(2);
const nothing = { type: "serialized", value: "", mediaType: "text/turtle", baseIRI: "urn:x" };
const asked = type ? { type, value: source } : (source ?? nothing);
const stream = await new QueryEngine().queryBindings(query, { sources: [asked] });
const rows = await stream.toArray();
const plain = (row) => Object.fromEntries([...row].map(([name, term]) => [name.value, term.value]));
console.log(JSON.stringify(rows.map(plain)));
