// Ask a source, or none, by Comunica: `node comunica.js QUERY [SOURCE]`. Prints the rows as JSON.
import { QueryEngine } from "@comunica/query-sparql";

const [query, source] = process.argv.slice(2);
const nothing = { type: "serialized", value: "", mediaType: "text/turtle", baseIRI: "urn:x" };
const stream = await new QueryEngine().queryBindings(query, { sources: [source ?? nothing] });
const rows = await stream.toArray();
const plain = (row) => Object.fromEntries([...row].map(([name, term]) => [name.value, term.value]));
console.log(JSON.stringify(rows.map(plain)));
