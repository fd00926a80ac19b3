# The service in one image: docker build --tag vms . (docs/deployment.md). It runs as nobody in particular (10001), from
# a read-only root file system, and keeps everything under /data. Every package is pinned by hash in the lock files.

FROM node:22.21-bookworm-slim AS dashboard
WORKDIR /build/web/ui
COPY web/ui/package.json web/ui/package-lock.json web/ui/.npmrc ./
RUN npm ci --no-audit --no-fund
COPY web/ui ./
RUN npm run build

FROM python:3.11.14-slim-bookworm AS service
WORKDIR /build
COPY requirements.lock ./
RUN python -m venv /opt/vms && /opt/vms/bin/pip install --no-cache-dir --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY vms vms
COPY recorder recorder
COPY detectors detectors
COPY web web
COPY --from=dashboard /build/web/static/dist web/static/dist
COPY --from=dashboard /build/web/ui/node_modules/@mediapipe/objectron/objectron_solution_packed_assets.data /tmp/objectron
RUN rm -r web/ui && /opt/vms/bin/python -m detectors.weights /tmp/objectron \
  && /opt/vms/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.11.14-slim-bookworm
RUN useradd --system --uid 10001 --user-group --no-create-home --home-dir /data --shell /usr/sbin/nologin vms \
  && install --directory --owner vms --group vms --mode 0700 /data /data/recordings
COPY --from=service /opt/vms /opt/vms
ENV PATH=/opt/vms/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOME=/tmp
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8000
ENTRYPOINT ["vms"]
CMD ["up", "--config", "/etc/vms/facility.yaml", "--data", "/data", "--host", "0.0.0.0"]
