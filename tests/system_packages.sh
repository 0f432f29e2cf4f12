#!/usr/bin/env bash
# The browser tests drive a real Chromium. Where it is missing and can be installed, install it; else those tests say so.
set -u
if command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null; then
    exit 0
fi
if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
    (apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium) >/dev/null 2>&1 ||
        echo "Chromium could not be installed: the browser tests will be skipped."
else
    echo "No Chromium here: the browser tests will be skipped. Install it (apt-get install chromium) to run them."
fi
exit 0
