// The GraphiQL page: reads the settings which the server wrote into the page and renders GraphiQL with them.
import { createGraphiQLFetcher } from "@graphiql/toolkit";
import { setNonce } from "get-nonce";
import { GraphiQL } from "graphiql";
import { createElement } from "react";
import { createRoot } from "react-dom/client";

import "graphiql/style.css";
import "./app.css";

const settings = document.getElementById("settings");
const { endpoint, tabs } = JSON.parse(settings.textContent);

// Dialogs add a <style> element, which the content security policy admits only with the page's nonce.
setNonce(settings.nonce);

// GraphiQL keeps its tabs in localStorage and then overlooks the tabs it is given. Tabs that the server has
// changed since (a token that is new with each start, say) must win over the kept ones.
if (localStorage.getItem("graphiql:settings") !== settings.textContent) {
  localStorage.removeItem("graphiql:tabState");
  localStorage.setItem("graphiql:settings", settings.textContent);
}

// The three editors start from keys of their own, which only an edit writes. Left as they are, the first tab
// would open without variables and headers, and each reload would add an empty tab.
const open = activeTab() ?? tabs?.[0];
for (const key of ["query", "variables", "headers"]) {
  localStorage.setItem(`graphiql:${key}`, open?.[key] ?? "");
}

function activeTab() {
  const kept = JSON.parse(localStorage.getItem("graphiql:tabState"));
  return kept?.tabs?.[kept.activeTabIndex];
}

const url = new URL(endpoint, location.href);
const subscriptionUrl = new URL(url);
subscriptionUrl.protocol = url.protocol === "https:" ? "wss:" : "ws:";

createRoot(document.getElementById("graphiql")).render(
  createElement(GraphiQL, {
    // The fetcher sends a tab's headers with each POST, and as the connection_init payload of a subscription.
    fetcher: createGraphiQLFetcher({ url: url.href, subscriptionUrl: subscriptionUrl.href }),
    defaultTabs: tabs,
    isHeadersEditorEnabled: true,
    shouldPersistHeaders: true,
  }),
);
