/* Upload files and folders, one request a file, a few at a time; failures are listed and stop nothing. */
(() => {
  const PARALLEL = 4;
  const TRIES = 3;
  const TRIES_WHILE_BUSY = 7;  // two minutes: so long the server takes at most to find that its first try was broken off
  const form = document.getElementById("upload");
  if (!form) return;
  const bar = document.getElementById("upload-bar");
  const text = document.getElementById("upload-text");
  const errors = document.getElementById("upload-errors");
  const waiting = [];
  const inFlight = new Map();
  let sentBytes = 0, allBytes = 0, done = 0, failed = 0, all = 0, running = 0;
  let target = form.action;

  const show = () => {
    document.getElementById("upload-progress").hidden = all === 0;
    const partial = [...inFlight.values()].reduce((sum, bytes) => sum + bytes, 0);
    bar.value = allBytes ? (sentBytes + partial) / allBytes : 0;
    text.textContent = `${done} ${form.dataset.of} ${all} ${form.dataset.uploaded}` +
      (failed ? ` · ${failed} ${form.dataset.failed}` : "");
  };

  const finished = () => {
    document.body.dispatchEvent(new Event("uploaded"));
    if (target !== form.action && failed === 0) location.assign(target.replace(/upload\/$/, ""));
  };

  const tell = (name, problem) => {
    failed += 1;
    const line = document.createElement("li");
    line.textContent = `${name}: ${problem}`;
    errors.append(line);
  };

  const settle = (file, problem) => {
    inFlight.delete(file);
    sentBytes += file.size;
    if (problem) {
      tell(file.webkitRelativePath || file.name, problem);
    } else {
      done += 1;
    }
    running -= 1;
    show();
    next();
    if (running === 0 && waiting.length === 0) finished();
  };

  // What is sent again has the same key: a file that arrived although its answer did not is not taken twice.
  const newKey = () => [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, "0")).join("");

  const send = (file, key, tries = 1, busy = 0) => {
    const body = new FormData();
    body.append("file", file, file.name);
    const request = new XMLHttpRequest();
    request.open("POST", target);
    request.setRequestHeader("X-CSRFToken", form.querySelector("[name=csrfmiddlewaretoken]").value);
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("Idempotency-Key", key);
    request.upload.addEventListener("progress", (event) => { inFlight.set(file, event.loaded); show(); });
    request.addEventListener("load", () => {
      if (request.status < 300) {
        // Of an archive some files may have been refused.
        for (const one of JSON.parse(request.responseText).refused) tell(`${file.name} › ${one.name}`, one.message);
        return settle(file);
      }
      if (request.status >= 500 && tries < TRIES) return again(file, key, tries);
      let said = {};
      try { said = JSON.parse(request.responseText); } catch { /* not ours: the status must do */ }
      if (said.code === "still_running" && busy < TRIES_WHILE_BUSY) {
        return void setTimeout(() => send(file, key, tries, busy + 1), 1000 * 2 ** busy);
      }
      settle(file, said.detail || `HTTP ${request.status}`);
    });
    request.addEventListener("error", () => {
      if (tries < TRIES) again(file, key, tries);
      else settle(file, form.dataset.network);
    });
    request.send(body);
  };

  const again = (file, key, tries) => setTimeout(() => send(file, key, tries + 1), 1000 * tries);

  const next = () => {
    while (running < PARALLEL && waiting.length) {
      running += 1;
      const file = waiting.shift();
      if (file.size > Number(form.dataset.maxBytes)) setTimeout(() => settle(file, form.dataset.tooLarge));
      else send(file, newKey());
    }
  };

  const newBatch = async (name) => {
    const body = new FormData();
    body.append("name", name);
    const answer = await fetch(form.dataset.batches, {
      method: "POST", body,
      headers: {"X-CSRFToken": form.querySelector("[name=csrfmiddlewaretoken]").value, Accept: "application/json"},
    });
    if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
    return (await answer.json()).upload;
  };

  const add = async (files) => {
    const found = [...files].filter((f) => !f.name.startsWith("."));
    if (!found.length) return;
    all += found.length;
    allBytes += found.reduce((sum, f) => sum + f.size, 0);
    show();
    try {
      // On the list of batches the first drop makes the batch; on a batch's page it is there already.
      if (form.dataset.batches && target === form.action) {
        target = await newBatch((found[0].webkitRelativePath || "").split("/")[0]);
      }
    } catch (problem) {
      failed += found.length;
      text.textContent = String(problem);
      return;
    }
    waiting.push(...found);
    next();
  };

  // The files of what was dropped, however deep; what cannot be read is told, and stops nothing.
  const filesOf = async (entry) => {
    const found = [];
    try {
      if (entry.isFile) return [await new Promise((resolve, reject) => entry.file(resolve, reject))];
      const reader = entry.createReader();
      for (;;) {  // a directory is read in portions
        const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
        if (!some.length) break;
        for (const one of some) found.push(...await filesOf(one));
      }
    } catch {
      all += 1;
      tell(entry.fullPath.replace(/^\//, ""), form.dataset.unreadable);
      show();
    }
    return found;
  };

  form.addEventListener("dragover", (event) => { event.preventDefault(); form.classList.add("over"); });
  form.addEventListener("dragleave", () => form.classList.remove("over"));
  form.addEventListener("drop", async (event) => {
    event.preventDefault();
    form.classList.remove("over");
    const entries = [...event.dataTransfer.items].map((i) => i.webkitGetAsEntry && i.webkitGetAsEntry()).filter(Boolean);
    if (!entries.length) return add(event.dataTransfer.files);
    const files = [];
    for (const entry of entries) files.push(...await filesOf(entry));
    add(files);
  });
  for (const id of ["upload-files", "upload-folder"]) {
    document.getElementById(id).addEventListener("change", (event) => {
      add(event.target.files);
      event.target.value = "";
    });
  }
  addEventListener("beforeunload", (event) => { if (running) event.preventDefault(); });
})();
