#!/usr/bin/env bash
# Ends a process when whoever started it is gone, however it went: the pipe on stdin then closes.
# Usage: watchdog.sh PID [FOLDER]; FOLDER is removed as well. Signals to the terminal's group are ignored,
# since they also reach the starter, which may still want to end the process in order.
trap '' INT TERM HUP
while read -r _; do :; done
kill -KILL "$1" 2>/dev/null
if [ -n "${2:-}" ]; then rm -rf -- "$2"; fi
