#!/bin/sh
# Puts the built worker with what it needs at run time, and nothing else, into a folder that can be copied anywhere:
#   pnpm install --frozen-lockfile && pnpm exec turbo run build && deploy/build-app.sh FOLDER
# The image, the systemd unit and the tests use what this makes. PNPM names another pnpm than the one in PATH.
set -eu

if [ $# -ne 1 ]; then
  echo "usage: $0 FOLDER (must not exist yet)" >&2
  exit 2
fi
app=$1
if [ -e "$app" ]; then
  echo "expected a folder that does not exist yet but received $app" >&2
  exit 2
fi
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
if [ ! -f "$root/apps/worker/dist/main.js" ]; then
  echo "the worker is not built yet: run pnpm exec turbo run build" >&2
  exit 2
fi

# shellcheck disable=SC2086 # PNPM may be a command with arguments
${PNPM:-pnpm} --dir "$root" --filter @trinetra/worker deploy --prod "$app"

# ONNX Runtime ships its binaries for every system in one package; only this machine's are ever loaded.
platform=$(node -p 'process.platform')
arch=$(node -p 'process.arch')
find "$app/node_modules" -path '*/onnxruntime-node/bin/napi-v*/*/*' -prune -type d \
  ! -path "*/$platform/$arch" -exec rm -rf {} +
# onnxruntime-node runs on GPUs as on CPUs: what stands in for it elsewhere is not needed.
find "$app/node_modules" \( -path '*/@trinetra/onnxruntime-cpu*' -o -name '@trinetra+onnxruntime-cpu*' \) -prune \
  -exec rm -rf {} +
# The lockfile of the deployment is for pnpm alone.
rm -f "$app/pnpm-lock.yaml" "$app/pnpm-workspace.yaml"
# What is in it, for scanners: the packages of the lockfile with version, licence and checksum, as CycloneDX.
# shellcheck disable=SC2086
${PNPM:-pnpm} --dir "$root" --filter @trinetra/worker sbom --prod --sbom-format cyclonedx --sbom-spec-version 1.6 \
  --sbom-type application --out "$app/sbom.cdx.json"
cp "$root/deploy/docker/healthcheck.mjs" "$root/LICENSE" "$root/NOTICE" "$app/"
