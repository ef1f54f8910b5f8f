# syntax=docker/dockerfile:1
# Two stages: the bundle is made with the locked dependencies, and the image holds nothing but Node and the bundle.
# Two builds of one commit give one digest, on the same bases:
#   buildah build --timestamp 0 .
#   docker buildx build --build-arg SOURCE_DATE_EPOCH=0 --output type=image,rewrite-timestamp=true .
# The bases are arguments, so that they can come from a mirror or be pinned: --build-arg RUNTIME_IMAGE=NAME@sha256:...
ARG BUILD_IMAGE=node:26-trixie-slim
ARG RUNTIME_IMAGE=gcr.io/distroless/nodejs26-debian13:nonroot

FROM ${BUILD_IMAGE} AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY tsconfig.json LICENSE ./
# The bundle holds the CRDs, for `albsp dev`.
COPY crds crds
COPY scripts scripts
COPY src src
RUN node scripts/build.ts

FROM ${RUNTIME_IMAGE}
LABEL org.opencontainers.image.title="albsp" \
      org.opencontainers.image.description="Alibaba Cloud ALB TLS security policies as a Kubernetes resource" \
      org.opencontainers.image.licenses="Apache-2.0"
# Node gives small containers a heap of half their limit or 262 MiB; a share of the limit is collected in time, not killed.
# Three times 16 MiB for young objects would be most of what a few thousand policies take; 2 MiB cost no CPU time.
ENV NODE_ENV=production NODE_OPTIONS="--max-old-space-size-percentage=70 --max-semi-space-size=2"
# The bundle, its lazy chunks, for scanners what is in them (sbom.cdx.json), and the licences.
COPY --from=build /src/dist /app
# By number: `runAsNonRoot` can't check a name.
USER 65532:65532
EXPOSE 8080
# Node itself, which handles SIGTERM as process 1 because the program does.
ENTRYPOINT ["/nodejs/bin/node", "/app/albsp.mjs"]
CMD ["run"]
