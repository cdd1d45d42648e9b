/* Choosing rows of a list for a bulk action: one checkbox for all, Shift for a range, how many are chosen. */
const form = document.getElementById("bulk");
const boxes = [...document.querySelectorAll("input[name=ids]")];
const all = document.querySelector("[data-choose-all]");
let last = null;

const show = () => {
  const count = boxes.filter((box) => box.checked).length;
  form.querySelector("[data-chosen]").textContent = count || "";
  form.querySelectorAll("button").forEach((button) => { button.disabled = !count; });
  all.checked = count === boxes.length;
  all.indeterminate = count > 0 && count < boxes.length;
};

if (form && all) {
  all.addEventListener("change", () => { boxes.forEach((box) => { box.checked = all.checked; }); show(); });
  boxes.forEach((box, at) => box.addEventListener("click", (event) => {
    if (event.shiftKey && last !== null) boxes.slice(Math.min(last, at), Math.max(last, at) + 1).forEach((one) => { one.checked = box.checked; });
    last = at;
    show();
  }));
  show();
}
