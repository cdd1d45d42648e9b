/* The frame: project switcher, "/" to search, questions before what cannot be undone, copying what is shown once,
   wide tables scrolled by keyboard. */
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-project-switcher]")) location.assign(event.target.value);
});

document.addEventListener("keydown", (event) => {
  const isTyping = event.target.matches("input, textarea, select, [contenteditable]");
  if (event.key === "/" && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey) {
    const search = document.querySelector(".search input");
    if (search) {
      event.preventDefault();
      search.focus();
      search.select();
    }
  }
});

document.addEventListener("submit", (event) => {
  const question = event.target.dataset.confirm;
  if (question && !confirm(question)) event.preventDefault();
});

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  source.select();
  try {
    await navigator.clipboard.writeText(source.value);
    button.textContent = button.dataset.copied;
  } catch {
    source.focus(); // without a clipboard (plain http) it is selected, for Ctrl+C
  }
});

/* What is wider than its frame can be focused, so that the arrow keys scroll it; what is not needs no stop for Tab. */
function reachWideTables() {
  for (const frame of document.querySelectorAll(".table-wrap, .items")) {
    if (frame.scrollWidth > frame.clientWidth) frame.tabIndex = 0;
    else frame.removeAttribute("tabindex");
  }
}
document.addEventListener("DOMContentLoaded", reachWideTables);
document.addEventListener("htmx:afterSettle", reachWideTables);
addEventListener("resize", reachWideTables);
