FROM python:3.13-slim-bookworm AS packages
WORKDIR /build
COPY requirements/run.txt .
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir --require-hashes --only-binary :all: -r run.txt

FROM python:3.13-slim-bookworm
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin arrivals \
    && install --directory --owner arrivals --mode 0700 /var/lib/arrivals
COPY --from=packages /venv /venv
WORKDIR /app
COPY manage.py ./
COPY asgi_config asgi_config
COPY realtime realtime
COPY task task
COPY templates templates
COPY static static
RUN /venv/bin/python -m compileall -q asgi_config realtime task
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 VAR_DIR=/var/lib/arrivals
USER 10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-m", "asgi_config.healthcheck", "http://127.0.0.1:8000/health/live"]
CMD ["python", "-m", "asgi_config.web", "-b", "0.0.0.0", "-p", "8000", "--proxy-headers"]
