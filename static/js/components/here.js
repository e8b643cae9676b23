// js/components/here.js: a button that fills in where the phone is. Without it, address and map serve.
export default function here(root) {
  if (!("geolocation" in navigator)) return;
  root.hidden = false;
  const words = root.querySelector("[role=status]");
  root.querySelector("button").addEventListener("click", () => {
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        root.elements.lat.value = coords.latitude.toFixed(6);
        root.elements.long.value = coords.longitude.toFixed(6);
        root.submit();
      },
      () => { words.textContent = words.dataset.refused; },
      { enableHighAccuracy: true, timeout: 15000, maximumAge: 30000 },
    );
  });
}
