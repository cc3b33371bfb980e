"""What a page of Immich's does in a browser: sign in, show a picture, and hear what happens."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from browsers import ARGUMENTS, chromium
from playwright.async_api import Page, async_playwright

_VISIT = """
async ([email, password, asset]) => {
  const json = async (method, path, body) => {
    const headers = body ? { 'content-type': 'application/json' } : {};
    const reply = await fetch(path, { method, headers, body: body && JSON.stringify(body) });
    const text = await reply.text();
    return { status: reply.status, body: text ? JSON.parse(text) : null };
  };
  const found = {};
  const login = await json('POST', '/api/auth/login', { email, password });
  found.login = [login.status, login.body.userEmail];
  found.me = await json('GET', '/api/users/me');
  found.asset = await json('GET', `/api/assets/${asset}`);

  const picture = new Image();
  picture.src = `/api/assets/${asset}/thumbnail?size=preview`;
  await picture.decode();
  found.picture = [picture.naturalWidth, picture.naturalHeight];

  // socket.io as its client speaks it: 0 opens, 2 pings, 40 connects, 42 is an event.
  const heard = [];
  let wake = () => {};
  const until = async (said) => {
    while (!heard.some(said)) await new Promise((resolve) => { wake = resolve; });
  };
  const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
  const path = '/api/socket.io/?EIO=4&transport=websocket';
  const socket = new WebSocket(`${scheme}://${location.host}${path}`);
  socket.onmessage = ({ data }) => {
    if (data.startsWith('0')) socket.send('40');
    if (data === '2') socket.send('3');
    if (data.startsWith('42')) heard.push(JSON.parse(data.slice(2)));
    wake();
  };
  await until(([name]) => name === 'on_server_version');

  const form = new FormData();
  form.append('fileCreatedAt', '2024-05-06T07:08:09.000Z');
  form.append('fileModifiedAt', '2024-05-06T07:08:09.000Z');
  form.append('assetData', new Blob(['a picture that only this browser brings']), 'b.jpg');
  const upload = await fetch('/api/assets', { method: 'POST', body: form });
  const { id, status } = await upload.json();
  found.uploaded = [upload.status, status];
  found.trashed = (await json('DELETE', '/api/assets', { ids: [id] })).status;
  await until(([name, ids]) => name === 'on_asset_trash' && ids.includes(id));
  await json('DELETE', '/api/assets', { ids: [id], force: true });
  await until(([name, gone]) => name === 'on_asset_delete' && gone === id);
  const names = heard.map(([name]) => name);
  found.heard = names.filter((name) => /server_version|trash|delete/.test(name));
  socket.close();

  await json('POST', '/api/auth/logout');
  found.ended = (await json('GET', '/api/users/me')).status;
  return found;
}
"""


@asynccontextmanager
async def opened() -> AsyncIterator[Page]:
    """Open a browser with one empty page."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        yield await browser.new_page()
        await browser.close()


async def visit(page: Page, url: str, person: tuple[str, str], asset: str) -> dict[str, Any]:
    """Go to Immich's page at ``url`` and do there what it does; returns what that found.

    ``person`` is an e-mail address and a password, ``asset`` the id of a picture to look at. What
    is uploaded on the way is deleted.
    """
    await page.goto(url)
    return dict(await page.evaluate(_VISIT, [*person, asset]))
