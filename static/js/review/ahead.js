/* The document behind the one at hand, fetched while its person still looks at this one: its page, the picture and the
   words of its first page. Nobody has it by that. The server says once it is this person's whether it is still the same. */

const PAUSE_MS = 300;  // after the page came: what it needs itself goes first
const PATIENCE_MS = 1000;  // of who approved, with what is just coming: then the page is fetched as any other

export class Ahead {
  constructor() {
    this.picture = null;  // of the first page, held so that the browser keeps it as it is drawn
    this.forget();
  }

  forget() {
    this.page = null;
    this.madeOf = "";  // what the page was made of, in short, as the server calls it
    this.coming = null;  // a promise, once it is asked for
  }

  /* Fetch what comes behind the document that is shown. signal: aborted when that is shown no more. */
  start(address, signal) {
    this.forget();
    if (!address) return;
    const pause = setTimeout(() => this.fetch(address, signal), PAUSE_MS);
    signal.addEventListener("abort", () => clearTimeout(pause));
  }

  /* Fetch it, unless it is still what was fetched. What was asked for before and comes only now is not taken any more. */
  fetch(address, signal) {
    const coming = this.#fetchPage(address, signal, () => coming === this.coming);
    this.coming = coming;
  }

  /* isLast(): whether nothing was asked for since. */
  async #fetchPage(address, signal, isLast) {
    const asked = new URL(address, location.href);
    asked.searchParams.set("have", this.madeOf);
    try {
      const answer = await fetch(asked, {signal, priority: "low", cache: "no-store"});
      if (answer.status === 304) return;
      const text = await answer.text();
      if (!isLast()) return;
      if (!answer.ok || answer.status === 204) { this.forget(); return; }
      this.page = new DOMParser().parseFromString(text, "text/html");
      this.madeOf = this.page.getElementById("review").dataset.madeOf;
      this.#fetchParts(signal);
    } catch { if (isLast()) this.forget(); }  // then it is fetched when it is opened
  }

  #fetchParts(signal) {
    const pages = this.page.getElementById("pages"), picture = pages?.querySelector("img");
    if (!picture) return;
    this.picture = new Image();
    this.picture.src = picture.getAttribute("src");
    this.picture.decode().catch(() => {});  // it is still being drawn: the page asks again
    fetch(pages.dataset.words, {signal, priority: "low", headers: {Accept: "application/json"}}).catch(() => {});
  }

  /* Give the page away that was made of this; null where it was made of something else. */
  async take(madeOf) {
    if (this.madeOf !== madeOf && this.coming) {
      await Promise.race([this.coming, new Promise((over) => { setTimeout(over, PATIENCE_MS); })]);
    }
    const page = this.madeOf === madeOf ? this.page : null;
    this.forget();
    return page;
  }
}
