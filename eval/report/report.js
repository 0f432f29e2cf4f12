"use strict";
(() => {
  const form = document.getElementById("filter");
  if (!form) return;
  const all = [...document.querySelectorAll(".question")];
  const told = document.getElementById("told");
  const fits = (question, wanted) =>
    (!wanted.kind || question.dataset.kind === wanted.kind) &&
    (!wanted.pack || question.dataset.pack === wanted.pack) &&
    (!wanted.state || question.dataset.tags.split(" ").includes(wanted.state)) &&
    (!wanted.words || question.textContent.toLowerCase().includes(wanted.words));
  const filter = () => {
    const wanted = Object.fromEntries(new FormData(form));
    wanted.words = (wanted.words || "").trim().toLowerCase();
    let shown = 0;
    for (const question of all) {
      question.hidden = !fits(question, wanted);
      shown += question.hidden ? 0 : 1;
    }
    told.textContent = shown === all.length ? `${all.length} questions` : `${shown} of ${all.length} questions`;
  };
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(filter));
  form.hidden = false;
  filter();
  const open = () => {
    const target = location.hash && document.getElementById(location.hash.slice(1));
    const question = target && target.closest("details");
    if (question) {
      question.open = true;
      target.scrollIntoView();
    }
  };
  addEventListener("hashchange", open);
  open();
})();
