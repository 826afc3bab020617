# Tillgate in a container: docs/containers.md. Built from this clone and requirements/, every file of which has a hash.
# Any image with Python 3.11 or newer and its venv module will do; pin the one that you have looked at by its digest.
ARG PYTHON_IMAGE=docker.io/library/python:3.13-slim-bookworm

FROM ${PYTHON_IMAGE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_NO_INPUT=1
WORKDIR /build
COPY requirements/build.txt requirements/base.txt requirements/
RUN python3 -m venv /opt/build \
    && /opt/build/bin/pip install --require-hashes --only-binary :all: -r requirements/build.txt \
    && python3 -m venv --without-pip /opt/tillgate \
    && /opt/build/bin/pip --python /opt/tillgate install --require-hashes --only-binary :all: -r requirements/base.txt
COPY LICENSE README.md pyproject.toml ./
COPY distributions distributions
COPY docs docs
COPY src src
# Compiled here, because nothing is written where it runs.
RUN /opt/build/bin/pip wheel --no-index --no-build-isolation --no-deps --wheel-dir dist ./distributions/keyturn . \
    && /opt/build/bin/pip --python /opt/tillgate install --no-index --no-deps dist/*.whl \
    && /opt/build/bin/pip --python /opt/tillgate check \
    && /opt/tillgate/bin/python -m compileall -q /opt/tillgate/lib \
    && install -d -m 0700 -o 10001 -g 10001 /var/lib/tillgate

FROM ${PYTHON_IMAGE}
COPY --from=build /opt/tillgate /opt/tillgate
COPY --from=build --chown=10001:10001 /var/lib/tillgate /var/lib/tillgate
ENV PATH=/opt/tillgate/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    TILLGATE_DATA=/var/lib/tillgate
USER 10001:10001
WORKDIR /var/lib/tillgate
VOLUME /var/lib/tillgate
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import http.client as h; c = h.HTTPConnection('127.0.0.1', 8080, timeout=4); c.request('GET', '/readyz'); raise SystemExit(c.getresponse().status != 200)"]
ENTRYPOINT ["tillgate"]
CMD ["serve", "--host", "0.0.0.0"]
