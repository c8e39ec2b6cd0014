# One image for every process of the platform; compose.yaml says which one runs.  `--target bi` and `--target cmo` make an image of one site alone,
# `--target exports` one with Chromium for the worker that draws exports.

FROM python:3.13-slim-bookworm AS packages
WORKDIR /build
COPY jobs/stack/uv.lock.txt requirements-server.lock ./
RUN python -m pip install --no-cache-dir --require-hashes -r uv.lock.txt \
    && uv venv /venv \
    && uv pip install --no-config --no-cache --compile-bytecode --require-hashes --python /venv/bin/python -r requirements-server.lock

FROM python:3.13-slim-bookworm AS base
RUN useradd --system --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin northline
ENV PATH="/venv/bin:$PATH" PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOME=/tmp BIND_HOST=0.0.0.0
WORKDIR /app
COPY --from=packages /venv /venv
COPY shared shared
RUN python -m compileall -q shared
USER 10001:10001

FROM base AS bi
COPY bi_app bi_app
EXPOSE 8050
CMD ["gunicorn", "-c", "python:shared.web.server", "--bind", "0.0.0.0:8050", "bi_app.wsgi:server"]

FROM base AS cmo
COPY cmo_app cmo_app
EXPOSE 8051
CMD ["gunicorn", "-c", "python:shared.web.server", "--bind", "0.0.0.0:8051", "cmo_app.wsgi:server"]

FROM base AS platform
COPY bi_app bi_app
COPY cmo_app cmo_app
COPY jobs jobs
EXPOSE 8050 8051 8052
CMD ["python", "-m", "jobs", "--help"]

FROM platform AS exports
USER 0:0
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends chromium fonts-dejavu-core && rm -rf /var/lib/apt/lists/*
USER 10001:10001

# Built where no target is named.
FROM platform
