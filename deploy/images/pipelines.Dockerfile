# Dagster's code location, webserver and daemon, the one-off export and the erasure of the warehouse's copies.
#   docker build -f deploy/images/pipelines.Dockerfile -t cvstomize-pipelines .
FROM debian:bookworm-slim AS build
# hadolint ignore=DL3008  # Debian's stable release fixes the versions; a pin would miss its security updates
RUN apt-get update \
    && apt-get install -y --no-install-recommends python3 python3-pip python3-venv \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /build
COPY requirements/pipelines.lock requirements/api.lock requirements/
# Both locks hold the same versions of what they share: they are resolved together.
# The lock is complete, so nothing is resolved anew here. Of a phone number only its validity is asked, so the places,
# carriers and time zones of all numbers stay out.
RUN python3 -m venv --without-pip /opt/venv \
    && python3 -m pip --python /opt/venv/bin/python install --no-cache-dir --require-hashes --no-deps --only-binary :all: \
       -r requirements/pipelines.lock -r requirements/api.lock \
    && rm -rf /opt/venv/lib/python3.11/site-packages/phonenumbers/geodata \
       /opt/venv/lib/python3.11/site-packages/phonenumbers/carrierdata /opt/venv/lib/python3.11/site-packages/phonenumbers/tzdata

FROM debian:bookworm-slim
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates python3 \
    && rm -rf /var/lib/apt/lists/* /usr/share/doc /usr/share/man \
    && useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin cvstomize
COPY --from=build /opt/venv /opt/venv
WORKDIR /app
COPY api api
COPY renderer renderer
COPY migrations migrations
COPY pipelines pipelines
COPY dbt dbt
COPY cli cli
COPY workspace.yaml pyproject.toml ./
COPY deploy/dagster /opt/dagster
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOME=/tmp DAGSTER_HOME=/opt/dagster \
    DAGSTER_TELEMETRY_ENABLED=false DBT_SEND_ANONYMOUS_USAGE_STATS=false
# dbt's manifest is parsed once here, so that the code location loads at once from a read-only file system.
RUN python -m pipelines.build_manifest && python -m compileall -q /app /opt/venv/lib
USER 10001
EXPOSE 3000
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["dagster", "api", "grpc-health-check", "--port", "4000"]
ENTRYPOINT ["python", "-m"]
CMD ["dagster", "code-server", "start", "--host", "0.0.0.0", "--port", "4000", "--module-name", "pipelines.definitions"]
