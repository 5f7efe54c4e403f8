import net from 'node:net';

// server-everything would listen on every interface. Loaded before it, this makes it listen on the loopback one alone.
const { listen } = net.Server.prototype;
net.Server.prototype.listen = function listenOnLoopback(port, ...rest) {
  const options = { port: Number(port?.port ?? port), host: '127.0.0.1' };
  return listen.call(this, options, ...rest.filter((one) => typeof one === 'function'));
};
