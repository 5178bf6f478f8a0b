// Before anything is painted: the look that was chosen last.
(() => {
  const kept = localStorage.getItem("policykg-theme");
  if (kept === "light" || kept === "dark") document.documentElement.dataset.theme = kept;
})();
