export { serveHttp, type HttpOptions, type OpenFgaServer } from "./open-fga-server.ts";
