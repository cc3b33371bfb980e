// The peer of bench/gateway.py: what a Node program in front of Immich would commonly be made of.
//
//     NODE_ENV=production node proxy.mjs PORT TARGET
import http from "node:http";
import express from "express";
import { createProxyMiddleware } from "http-proxy-middleware";

const [port, target] = process.argv.slice(2);
const agent = new http.Agent({ keepAlive: true, maxSockets: Infinity, maxFreeSockets: 256 });
const app = express();
app.disable("x-powered-by");
app.use(createProxyMiddleware({ target, agent, xfwd: true, ws: false }));
const server = app.listen(Number(port), "127.0.0.1", () => console.log("ready"));
server.keepAliveTimeout = 75_000;
