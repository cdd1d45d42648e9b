/* The frame: project switcher, "/" to search. */
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
