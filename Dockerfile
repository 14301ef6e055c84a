# The exporter in a slim image: locked dependencies with hashes, no build tools, a numeric user, a read-only root.
#   docker build --build-arg REVISION="$(git rev-parse HEAD)" -t boks-exporter .
#   docker run -p 16500:16500 -v ./config.yaml:/etc/boks-exporter/config.yaml:ro --read-only boks-exporter
ARG PYTHON_IMAGE=docker.io/library/python:3.13-slim-trixie

# hadolint ignore=DL3006
FROM ${PYTHON_IMAGE} AS build
SHELL ["/bin/sh", "-eu", "-c"]
WORKDIR /src
RUN python3 -m venv /build && python3 -m venv --without-pip /opt/boks-exporter
COPY requirements/ requirements/
RUN /build/bin/pip install --no-cache-dir --no-deps --require-hashes -r requirements/build.txt \
 && /build/bin/pip --python /opt/boks-exporter/bin/python3 install --no-cache-dir --no-deps --require-hashes -r requirements/runtime.txt
COPY pyproject.toml README.md LICENSE ./
COPY deploy/ deploy/
COPY docs/runbooks/ docs/runbooks/
COPY boks_exporter/ boks_exporter/
# The wheel is built outside the environment that it is installed into, so that no build tool becomes part of the image.
RUN /build/bin/pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir /wheels . \
 && /build/bin/pip --python /opt/boks-exporter/bin/python3 install --no-cache-dir --no-index --no-deps /wheels/*.whl \
 && /opt/boks-exporter/bin/python3 -m compileall -q /opt/boks-exporter/lib

# hadolint ignore=DL3006
FROM ${PYTHON_IMAGE}
ARG REVISION=unknown
ARG VERSION=0.1.0
LABEL org.opencontainers.image.title="boks_exporter" \
      org.opencontainers.image.description="Prometheus exporter and status tool for the replication of BoKS domains" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
# A running exporter needs no package installer.
RUN rm -rf /usr/local/lib/python3*/site-packages/pip* /usr/local/bin/pip* /usr/local/lib/python3*/ensurepip
COPY --from=build /opt/boks-exporter /opt/boks-exporter
ENV PATH=/opt/boks-exporter/bin:${PATH} \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    BOKS_EXPORTER_REVISION=${REVISION}
USER 65532:65532
EXPOSE 16500
VOLUME ["/var/lib/boks-exporter"]
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s \
    CMD ["python3", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:16500/-/healthy', timeout=4)"]
ENTRYPOINT ["boks-exporter"]
CMD ["serve", "--config.file=/etc/boks-exporter/config.yaml"]
