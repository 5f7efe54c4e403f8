import { describe, expect, it } from 'vitest';
import { MalformedFrame } from './frames.js';
import { ReceiveWindow, SendWindow, WINDOW_BYTES } from './windows.js';

const isPending = async (promise: Promise<unknown>): Promise<boolean> => {
  const pending = Symbol('pending');
  return (await Promise.race([promise, Promise.resolve(pending)])) === pending;
};

describe('credit of one body', () => {
  it('SendWindow holds a sender back when its credit is used, until the reader has taken something', async () => {
    const window = new SendWindow();
    await window.take(WINDOW_BYTES);
    const waiting = window.take(10);
    expect(await isPending(waiting)).toBe(true);
    window.credit(9);
    expect(await isPending(waiting)).toBe(true);
    window.credit(1);
    await waiting;
  });

  it('SendWindow rejects who waits and who comes later when it is closed', async () => {
    const window = new SendWindow();
    await window.take(WINDOW_BYTES);
    const waiting = window.take(1);
    window.close(new Error('gone'));
    await expect(waiting).rejects.toThrow('gone');
    await expect(window.take(1)).rejects.toThrow('gone');
  });

  it('SendWindow refuses credit when nobody can have it to give', () => {
    expect(() => new SendWindow().credit(1)).toThrow(MalformedFrame);
  });

  it('ReceiveWindow refuses what is sent without credit, and gives it back in pieces when it is taken', () => {
    const window = new ReceiveWindow();
    window.received(WINDOW_BYTES);
    expect(() => window.received(1)).toThrow(MalformedFrame);

    const other = new ReceiveWindow();
    other.received(WINDOW_BYTES);
    expect(other.taken(WINDOW_BYTES / 4 - 1)).toBe(0);
    expect(other.taken(1)).toBe(WINDOW_BYTES / 4);
    other.received(WINDOW_BYTES / 4);
    expect(() => other.received(1)).toThrow(MalformedFrame);
  });
});
