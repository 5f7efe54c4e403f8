import { describe, expect, it } from 'vitest';
import { FrameSender, SEND_BUFFER_BYTES_MAX } from './frame-sender.js';

const OPEN = 1;
const CLOSED = 3;

/** A socket that lets go of what it was given when it is told to, and a clock. */
const givenSender = () => {
  const sent: { readonly bytes: number; readonly done: (error?: Error) => void }[] = [];
  const socket = {
    readyState: OPEN,
    bufferedAmount: 0,
    send: (data: Buffer, _options: object, done: (error?: Error) => void) => {
      socket.bufferedAmount += data.length;
      sent.push({ bytes: data.length, done });
    },
  };
  let nowMs = 0;
  return {
    sender: new FrameSender(socket, () => nowMs),
    socket,
    pass: (ms: number) => (nowMs += ms),
    /** The oldest leaves. */
    leaves: () => {
      const first = sent.shift();
      socket.bufferedAmount -= first?.bytes ?? 0;
      first?.done();
    },
  };
};

const isPending = async (promise: Promise<unknown>): Promise<boolean> => {
  const pending = Symbol('pending');
  await new Promise((resolve) => setImmediate(resolve));
  return (await Promise.race([promise, Promise.resolve(pending)])) === pending;
};

describe('frames on their way over one connection', () => {
  it('FrameSender is full when more waits to leave than may, until it has left', () => {
    const { sender, leaves } = givenSender();
    void sender.send(Buffer.alloc(SEND_BUFFER_BYTES_MAX));
    expect(sender.isFull).toBe(false);
    void sender.send(Buffer.alloc(1));
    expect(sender.isFull).toBe(true);
    leaves();
    expect(sender.isFull).toBe(false);
  });

  it('FrameSender holds bytes of bodies back when much waits, and lets them go when it has left', async () => {
    const { sender, socket, leaves } = givenSender();
    void sender.sendBody(Buffer.alloc(2_000_000));
    void sender.send(Buffer.alloc(10));
    const body = sender.sendBody(Buffer.alloc(5));
    expect(await isPending(body)).toBe(true);
    expect(socket.bufferedAmount).toBe(2_000_010);
    for (let left = 0; left < 2; left++) leaves();
    expect(await isPending(body)).toBe(true);
    leaves();
    await body;
  });

  it('FrameSender lets one body after the other go when many wait for the same room', async () => {
    const { sender, socket, leaves } = givenSender();
    void sender.send(Buffer.alloc(1_100_000));
    const bodies = Array.from({ length: 200 }, () => sender.sendBody(Buffer.alloc(65_536)));
    let most = 0;
    for (let left = 0; left <= bodies.length; left++) {
      leaves();
      await isPending(bodies.at(-1) as Promise<void>);
      most = Math.max(most, socket.bufferedAmount);
    }
    await Promise.all(bodies);
    expect(most).toBeLessThan(1_200_000);
  });

  it('FrameSender rejects who waits for room, and who sends, when it is closed', async () => {
    const { sender, socket } = givenSender();
    void sender.send(Buffer.alloc(2_000_000));
    const body = sender.sendBody(Buffer.alloc(5));
    sender.close(new Error('gone'));
    await expect(body).rejects.toThrow('gone');
    await expect(sender.send(Buffer.alloc(1))).rejects.toThrow('gone');
    const other = givenSender();
    other.socket.readyState = CLOSED;
    await expect(other.sender.send(Buffer.alloc(1))).rejects.toThrow('the connection is gone');
    expect(socket.bufferedAmount).toBe(2_000_000);
  });

  it('FrameSender has stalled for as long as something waits and nothing leaves, whatever comes after it', () => {
    const { sender, pass, leaves } = givenSender();
    pass(60_000);
    expect(sender.stalledMs).toBe(0);
    void sender.send(Buffer.alloc(1_000));
    pass(4_000);
    void sender.send(Buffer.alloc(1_000));
    pass(4_000);
    expect(sender.stalledMs).toBe(8_000);
    leaves();
    expect(sender.stalledMs).toBe(0);
    pass(3_000);
    expect(sender.stalledMs).toBe(3_000);
  });
});
