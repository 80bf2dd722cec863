/** Keeps a live page up to date: the page is drawn by the process and only put in place here. */
export const script = `
const main = document.querySelector("main")
const source = new EventSource("events")
const show = ({ data }) => {
  const before = new Map(Array.from(main.querySelectorAll("details"), (one) => [one.id, one.open]))
  main.innerHTML = JSON.parse(data)
  for (const one of main.querySelectorAll("details")) one.open = before.get(one.id) ?? one.open
}
source.onmessage = show
source.addEventListener("end", (event) => {
  source.close()
  show(event)
})
source.onerror = () => {
  const state = main.querySelector(".state")
  state.className = "state bad"
  state.textContent = "No longer heard of"
}
`
