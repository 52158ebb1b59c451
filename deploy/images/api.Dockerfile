# The API, the migrations and the worker: neither dagster nor dbt. Build from the project's root:
#   docker build -f deploy/images/api.Dockerfile -t cvstomize-api .
FROM debian:bookworm-slim AS build
# hadolint ignore=DL3008  # Debian's stable release fixes the versions; a pin would miss its security updates
RUN apt-get update \
    && apt-get install -y --no-install-recommends python3 python3-pip python3-venv \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /build
COPY requirements/api.lock requirements/api.lock
# The lock is complete, so nothing is resolved anew here. Of a phone number only its validity is asked, so the places,
# carriers and time zones of all numbers stay out.
RUN python3 -m venv --without-pip /opt/venv \
    && python3 -m pip --python /opt/venv/bin/python install --no-cache-dir --require-hashes --no-deps --only-binary :all: -r requirements/api.lock \
    && rm -rf /opt/venv/lib/python3.11/site-packages/phonenumbers/geodata \
       /opt/venv/lib/python3.11/site-packages/phonenumbers/carrierdata /opt/venv/lib/python3.11/site-packages/phonenumbers/tzdata

FROM debian:bookworm-slim
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates python3 \
       libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-noto-core fonts-noto-cjk \
    && rm -rf /var/lib/apt/lists/* /usr/share/doc /usr/share/man \
    && fc-cache -f \
    && useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin cvstomize
COPY --from=build /opt/venv /opt/venv
WORKDIR /app
COPY api api
COPY renderer renderer
COPY migrations migrations
COPY cli cli
# Compiled here because the file system is read-only where it runs.
RUN /opt/venv/bin/python -m compileall -q /app /opt/venv/lib
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOME=/tmp
USER 10001
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=3s --start-period=10s \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ.get('PORT', '8080') + '/health', timeout=2)"]
ENTRYPOINT ["python", "-m", "cli.main"]
CMD ["serve"]
