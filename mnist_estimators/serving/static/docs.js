// The API's description, written out from openapi.json.

function element(name, text, ...children) {
  const made = document.createElement(name);
  made.textContent = text;
  made.append(...children);
  return made;
}

function list(title, entries) {
  if (!entries.length) return [];
  const terms = entries.flatMap(([term, text]) => [element("dt", term), element("dd", text)]);
  return [element("h3", title), element("dl", "", ...terms)];
}

// Write a schema as an example of what fits it.
function example(schema, schemas) {
  if (schema.$ref) return example(schemas[schema.$ref.split("/").at(-1)], schemas);
  if (schema.anyOf) return example(schema.anyOf[0], schemas);
  if (schema.type === "array") return [example(schema.items, schemas)];
  if (schema.additionalProperties) {
    return { "7": example(schema.additionalProperties, schemas) };
  }
  if (schema.properties) {
    return Object.fromEntries(
      Object.entries(schema.properties).map(([name, of]) => [name, example(of, schemas)]),
    );
  }
  return { integer: 7, number: 0.5, boolean: true }[schema.type] ?? "text";
}

function showOperation(path, method, operation, schemas) {
  const card = element("section", "");
  card.className = "card";
  const badge = element("span", method.toUpperCase());
  badge.className = "method";
  const heading = element("h2", "");
  heading.append(badge, element("code", path));
  card.append(heading, element("p", operation.summary));

  const parameters = (operation.parameters ?? []).map((one) => [
    one.name,
    `${one.schema.type}, ${one.schema.default} by default. ${one.description}`,
  ]);
  const contents = Object.entries(operation.requestBody?.content ?? {});
  const pictures = contents.filter(([kind]) => kind.startsWith("image/"));
  const bodies = [
    ...contents.flatMap(([kind, { example: sample, schema }]) =>
      kind.startsWith("image/") ? [] : [[kind, sample ? JSON.stringify(sample) : schema.description]],
    ),
    ...(pictures.length ? [["image/*", `One file: ${pictures.map(([kind]) => kind).join(", ")}.`]] : []),
  ];
  const answers = Object.entries(operation.responses).map(([status, answer]) => [
    status,
    answer.description,
  ]);
  card.append(...list("Parameters", parameters), ...list("Body, of one of these kinds", bodies));
  card.append(...list("Answers", answers));

  const schema = operation.responses["200"].content["application/json"]?.schema;
  if (schema) {
    const sample = element("pre", JSON.stringify(example(schema, schemas), null, 2));
    sample.tabIndex = 0;
    sample.setAttribute("aria-label", `Form of the answer of ${path}`);
    card.append(element("h3", "Form of the answer"), sample);
  }
  return card;
}

const origin = new URL(".", location).href;
document.getElementById("commands").textContent = [
  `curl --data-binary @four.png -H 'Content-Type: image/png' ${origin}predict`,
  `curl -F images=@four.png -F images=@seven.jpg '${origin}predict?split=false'`,
].join("\n");

const response = await fetch("openapi.json");
if (!response.ok) throw new Error(`openapi.json: ${response.status}`);
const description = await response.json();
const cards = Object.entries(description.paths).flatMap(([path, operations]) =>
  Object.entries(operations).map(([method, operation]) =>
    showOperation(path, method, operation, description.components.schemas),
  ),
);
document.getElementById("operations").replaceChildren(...cards);
