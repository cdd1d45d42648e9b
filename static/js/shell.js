/* The frame: project switcher, "/" to search, questions before what cannot be undone, copying what is shown once,
   wide tables scrolled by keyboard, stacked ones readable, pictures of pages that are still being drawn. */
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

/* What is wider than its frame can be focused, so that the arrow keys scroll it; what is not needs no stop for Tab. The grid of
   the review sees to its own frame. */
function reachWideTables() {
  for (const frame of document.querySelectorAll(".table-wrap, .items:not([data-frame])")) {
    if (frame.scrollWidth > frame.clientWidth) frame.tabIndex = 0;
    else frame.removeAttribute("tabindex");
  }
}

/* On a phone the rows of a list are stacked: each figure then says what it is, as its column's heading does elsewhere. */
const isEmpty = (cell) => !cell.textContent.trim() && !cell.querySelector("svg, img, input, select");
function nameCells() {
  for (const table of document.querySelectorAll("table.stack-small, table[data-rows]")) {
    const headings = [...table.tHead?.rows[0]?.cells ?? []].map((th) => {
      const shown = [...th.childNodes].filter((node) => !node.matches?.(".visually-hidden"));
      return shown.map((node) => node.textContent).join("").trim();
    });
    for (const row of table.tBodies[0]?.rows ?? []) {
      if (row.cells.length !== headings.length) continue;
      [...row.cells].forEach((cell, n) => { if (headings[n] && !isEmpty(cell)) cell.dataset.heading = headings[n]; });
    }
  }
}

const HARDLY = 8;  // pixels; less is no entry of a menu

/* A menu that goes on beyond its place says so at that end, with a button that leads there. A keyboard needs none. */
function goesOn(menu) {
  const buttons = [["‹", -1], ["›", 1]].map(([sign, side]) => {
    const button = Object.assign(document.createElement("button"), {type: "button", className: "goes-on", textContent: sign, tabIndex: -1});
    button.setAttribute("aria-hidden", "true");
    button.addEventListener("click", () => menu.scrollBy({left: side * menu.clientWidth * 0.7, behavior: "smooth"}));
    return button;
  });
  const show = () => {
    buttons[0].hidden = menu.scrollLeft < HARDLY;
    buttons[1].hidden = menu.scrollLeft + menu.clientWidth > menu.scrollWidth - HARDLY;
  };
  menu.prepend(buttons[0]);
  menu.append(buttons[1]);
  menu.addEventListener("scroll", show, {passive: true});
  addEventListener("resize", show);
  show();
}
document.querySelectorAll(".frame nav").forEach(goesOn);

/* The entry of where one is can be seen in a menu that is wider than its place. */
for (const entry of document.querySelectorAll("nav [aria-current=page]")) {
  const menu = entry.parentElement;
  menu.scrollLeft = Math.max(0, entry.offsetLeft - menu.offsetLeft - (menu.clientWidth - entry.offsetWidth) / 2);
}

for (const arrange of [reachWideTables, nameCells]) {
  document.addEventListener("DOMContentLoaded", arrange);
  document.addEventListener("htmx:afterSettle", arrange);
}
addEventListener("resize", reachWideTables);

/* Pages far back in a long document are drawn when somebody looks: until then the picture is not there yet. */
const DRAWN_IN_MS = 1500, LONGEST_MS = 15000, SLOWER = 1.2, MOST_TRIES = 40;  // in all eight minutes, on a busy machine
function askAgain(image) {
  const tries = Number(image.dataset.tries || 0) + 1;
  if (tries > MOST_TRIES) return;
  image.dataset.tries = tries;
  const address = new URL(image.src);
  address.searchParams.set("try", tries);
  setTimeout(() => { image.src = address; }, Math.min(LONGEST_MS, DRAWN_IN_MS * SLOWER ** tries));
}
document.addEventListener("error", (event) => {
  if (event.target.matches?.("img[data-drawn-later]")) askAgain(event.target);
}, true);
for (const image of document.querySelectorAll("img[data-drawn-later]")) {
  if (image.complete && !image.naturalWidth) askAgain(image);  // it failed before this script ran
}
