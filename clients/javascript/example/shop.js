// A shop of one page, which sends to the address that it is called with: /?ingest=http://…

import { createServer } from "node:http";

const PAGE = `<!doctype html>
<title>Shop</title>
<button>Buy</button>
<p role="status"></p>
<script type="module">
  const address = new URL(location.href).searchParams.get("ingest");
  const send = (event) => fetch(address, { method: "POST", body: JSON.stringify(event), keepalive: true });
  await send({ event: "view" });
  document.querySelector("button").addEventListener("click", async () => {
    await send({ event: "purchase", price: 9.5 });
    document.querySelector("[role=status]").textContent = "Thank you";
  });
</script>`;

createServer((_request, response) => {
  response.writeHead(200, { "Content-Type": "text/html" }).end(PAGE);
}).listen(Number(process.env.PORT ?? 4173), "127.0.0.1");
