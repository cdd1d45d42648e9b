/* The tour of the keys: steps in a dialog, the part of the page that each is about is lit. It comes by itself until its
   person has seen it or put it away, and again from the list of keys. */

let isOver = false;  // in this page of the browser: what was fetched before does not know it

export class Tour {
  constructor(dialog, {token}) {
    Object.assign(this, {dialog, token});
    this.steps = [...dialog.querySelectorAll("[data-step]")];
    this.onward = dialog.querySelector("[data-tour=on]");
    this.next = this.onward.textContent;
    this.at = 0;
    dialog.addEventListener("click", (event) => this.do(event.target.closest("[data-tour]")?.dataset.tour));
    dialog.addEventListener("keydown", (event) => {
      const what = {ArrowRight: "on", ArrowLeft: "back"}[event.key];
      if (!what) return;
      event.preventDefault();
      this.do(what);
    });
    dialog.addEventListener("close", () => this.end());
    if ("first" in dialog.dataset && !isOver) this.start();
  }

  start() {
    this.dialog.showModal();
    this.show(0);
  }

  do(what) {
    if (what === "end" || what === "on" && this.at === this.steps.length - 1) this.dialog.close();
    else if (what === "on") this.show(this.at + 1);
    else if (what === "back" && this.at > 0) this.show(this.at - 1);
  }

  /* The step takes the focus, so that a screen reader says it. */
  show(number) {
    this.at = number;
    this.steps.forEach((step, index) => { step.hidden = index !== number; });
    this.dialog.querySelector("[data-step-number]").textContent = `${number + 1} / ${this.steps.length}`;
    this.dialog.querySelector("[data-tour=back]").disabled = number === 0;
    this.onward.textContent = number === this.steps.length - 1 ? this.onward.dataset.last : this.next;
    this.light(this.steps[number].dataset.lights);
    this.steps[number].focus();
  }

  light(selector) {
    document.querySelectorAll(".lit").forEach((part) => part.classList.remove("lit"));
    if (selector) document.querySelector(selector)?.classList.add("lit");
  }

  end() {
    isOver = true;
    this.light("");
    const data = new FormData();
    data.set("csrfmiddlewaretoken", this.token);
    fetch(this.dialog.dataset.address, {method: "POST", body: data}).catch(() => {});  // then it comes once more
  }
}
