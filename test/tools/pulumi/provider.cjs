"use strict";
// A resource provider that takes every resource as it is: the providers themselves cannot be had here. The engine, its checks
// and its policy packs are Pulumi's own.

/** Serves the provider; resolves to its port and how to end it. `packages` is a `require` that finds Pulumi's packages. */
async function serveProvider(packages) {
  const grpc = packages("@grpc/grpc-js");
  const { Struct } = packages("google-protobuf/google/protobuf/struct_pb.js");
  const { Empty } = packages("google-protobuf/google/protobuf/empty_pb.js");
  const messages = packages("@pulumi/pulumi/proto/provider_pb.js");
  const { ResourceProviderService } = packages("@pulumi/pulumi/proto/provider_grpc_pb.js");
  const { PluginInfo } = packages("@pulumi/pulumi/proto/plugin_pb.js");

  const answer = (message, set) => (call, callback) => {
    const response = new message();
    set?.(response, call.request);
    callback(null, response);
  };
  /** What the cloud adds. */
  const outputs = (request) => {
    const inputs = request.getProperties().toJavaScript();
    const [, , type, name] = request.getUrn().split("::");
    if (request.getPreview?.() || !type.startsWith("aws:")) return inputs;
    return { ...inputs, arn: `arn:aws:stand-in:${type.split(":").at(-1)}:${name}` };
  };
  const methods = {
    getPluginInfo: answer(PluginInfo, (response) => response.setVersion("9.9.9")),
    configure: answer(messages.ConfigureResponse, (response) => response.setAcceptsecrets(true)),
    checkConfig: answer(messages.CheckResponse, (response, request) => response.setInputs(request.getNews())),
    diffConfig: answer(messages.DiffResponse, (response) => response.setChanges(1)),
    check: answer(messages.CheckResponse, (response, request) => response.setInputs(request.getNews())),
    diff: answer(messages.DiffResponse, (response) => response.setChanges(1)),
    create: answer(messages.CreateResponse, (response, request) => {
      const name = request.getUrn().split("::").at(-1);
      if (!request.getPreview()) response.setId(`${name}-id`);
      response.setProperties(Struct.fromJavaScript(outputs(request)));
    }),
    read: answer(messages.ReadResponse, (response, request) => {
      response.setId(request.getId());
      response.setProperties(request.getProperties());
    }),
    update: answer(messages.UpdateResponse, (response, request) => response.setProperties(request.getNews())),
    delete: answer(Empty),
    cancel: answer(Empty),
    attach: answer(Empty),
  };
  const server = new grpc.Server();
  const refuse = (call, callback) => callback({ code: grpc.status.UNIMPLEMENTED, message: "not implemented" });
  const all = Object.keys(ResourceProviderService).map((name) => [name, methods[name] ?? refuse]);
  server.addService(ResourceProviderService, Object.fromEntries(all));
  const port = await new Promise((resolve, reject) => {
    const credentials = grpc.ServerCredentials.createInsecure();
    server.bindAsync("127.0.0.1:0", credentials, (error, bound) => (error ? reject(error) : resolve(bound)));
  });
  return { port, close: () => server.forceShutdown() };
}

module.exports = { serveProvider };
