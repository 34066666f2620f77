// What the graph has, asked of the endpoint itself once: prefixes, names with their labels, and from
// its VoID description the classes and the properties of each class, with how often they occur.
const VOID = "https://w3id.org/aikg/.well-known/void";
const PREFIXES = `PREFIX sh: <http://www.w3.org/ns/shacl#>
SELECT ?prefix ?namespace { GRAPH <https://w3id.org/aikg/.well-known/sparql-examples> {
  ?set sh:declare ?one . ?one sh:prefix ?prefix ; sh:namespace ?namespace } }`;
const PARTITIONS = `PREFIX void: <http://rdfs.org/ns/void#>
SELECT ?class ?property ?triples ?entities { GRAPH <${VOID}> {
  <https://w3id.org/aikg/> void:classPartition ?part . ?part void:class ?class ; void:entities ?entities .
  OPTIONAL { ?part void:propertyPartition [ void:property ?property ; void:triples ?triples ] } } }`;
const LABELS = `PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
SELECT DISTINCT ?iri ?label { ?iri rdfs:label ?label FILTER(isIRI(?iri)) }`;

async function rows(endpoint, query) {
  const reply = await fetch(`${endpoint}?${new URLSearchParams({ query })}`, {
    headers: { Accept: "application/sparql-results+json" },
  });
  return reply.ok ? (await reply.json()).results.bindings : [];
}

/** Ask the endpoint; the answer is kept by whoever asks. */
export async function read(endpoint) {
  const [prefixes, partitions, labels] =
    await Promise.all([PREFIXES, PARTITIONS, LABELS].map((query) => rows(endpoint, query)));
  const namespaces = prefixes.map(({ prefix, namespace }) => [prefix.value, namespace.value]);
  const label = new Map(labels.map(({ iri, label: text }) => [iri.value, text.value]));
  const classes = new Map();
  const properties = new Map();
  for (const { class: kind, property, triples, entities } of partitions) {
    const known = classes.get(kind.value) ?? { count: Number(entities.value), properties: new Map() };
    classes.set(kind.value, known);
    if (!property) continue;
    known.properties.set(property.value, Number(triples.value));
    properties.set(property.value, Math.max(properties.get(property.value) ?? 0, Number(triples.value)));
  }
  return { namespaces: new Map(namespaces), label, classes, properties };
}

/** Write an IRI as a prefixed name: `{name, prefix, namespace}`, or null. */
export function named({ namespaces }, iri) {
  for (const [prefix, namespace] of namespaces) {
    const local = iri.slice(namespace.length);
    if (iri.startsWith(namespace) && /^[A-Za-z0-9][\w-]*$/.test(local)) {
      return { name: `${prefix}:${local}`, prefix, namespace };
    }
  }
  return null;
}

/** Read a name or an address of a query as an IRI; null where its prefix is not known. */
export function expanded({ namespaces }, written) {
  if (written.startsWith("<")) return written.slice(1, -1);
  const at = written.indexOf(":");
  const namespace = namespaces.get(written.slice(0, at));
  return namespace ? namespace + written.slice(at + 1) : null;
}
