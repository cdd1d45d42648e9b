/* The form of a template: rows come and go, a key follows its label until somebody writes it. */
(() => {
  document.addEventListener("click", (event) => {
    const add = event.target.closest("[data-add]");
    if (add) {
      const body = document.querySelector(`table[data-rows="${add.dataset.add}"] tbody`);
      const numbers = [...body.querySelectorAll(`input[name^='${add.dataset.add}:']`)].map((i) => Number(i.name.split(":")[1]));
      const row = (body.querySelector("tr:last-child") || document.querySelector("table[data-rows] tbody tr")).cloneNode(true);
      const number = Math.max(-1, ...numbers) + 1;
      row.querySelectorAll("[name]").forEach((input) => {
        input.name = `${add.dataset.add}:${number}:${input.name.split(":")[2]}`;
        if (input.type === "checkbox") input.checked = false;
        else if (input.tagName === "SELECT") input.selectedIndex = 0;
        else input.value = "";
      });
      body.append(row);
      row.querySelector("input").focus();
    }
    const remove = event.target.closest("[data-remove]");
    if (remove) {
      const row = remove.closest("tr");
      // The last row stays as a pattern for new ones; empty, it is not saved.
      if (row.parentElement.children.length > 1) row.remove();
      else row.querySelectorAll("input").forEach((input) => { input.value = ""; });
    }
  });

  document.addEventListener("input", (event) => {
    const parts = event.target.name ? event.target.name.split(":") : [];
    if (parts[2] === "key") event.target.dataset.written = "1";
    if (parts[2] !== "label") return;
    const key = event.target.closest("tr").querySelector("input[name$=':key']");
    if (key.dataset.written || (key.defaultValue && !key.dataset.follows)) return;
    key.dataset.follows = "1";
    key.value = event.target.value.toLowerCase().replace(/[^a-z0-9]+/g, "_").replace(/^[_0-9]+|_+$/g, "").slice(0, 64);
  });
})();
