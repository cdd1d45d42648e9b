/* What pages that talk with the server by script have in common. */

/* The sentences of a page: says("need") is what stands in data-says-need of `root`. */
export const sentences = (root) => (name) => root.dataset[`says${name[0].toUpperCase()}${name.slice(1)}`];

/* Sends values with the CSRF token of `form`; resolves to the JSON of the answer, null where it was refused. */
export const sender = (form) => async (address, body) => {
  const data = new FormData();
  data.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
  for (const [name, value] of Object.entries(body)) data.set(name, value);
  const answer = await fetch(address, {method: "POST", body: data, headers: {Accept: "application/json"}});
  return answer.ok ? answer.json() : null;
};
