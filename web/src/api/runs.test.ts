import { expect, test } from 'vitest';
import { type Frame, FrameReader } from './runs.ts';

const STREAM = [
  ': keep-alive\n\n',
  'id: 1\nevent: started\ndata: {"type":"started","model":"m"}\n\n',
  'id: 2\r\nevent: text_delta\r\ndata: {"type":"text_delta","text":"你好，\\n世界"}\r\n\r\n',
  'id: 3\nevent: text_delta\ndata: {"type":"text_delta",\ndata: "text":"🏮"}\n\n',
].join('');
const WHOLE: Frame[] = [
  { seq: 1, event: { type: 'started', model: 'm' } },
  { seq: 2, event: { type: 'text_delta', text: '你好，\n世界' } },
  { seq: 3, event: { type: 'text_delta', text: '🏮' } },
];
const bytes = new TextEncoder().encode(STREAM);

test.each([1, 2, 3, 5, 7, 64, bytes.length])('a stream cut every %d bytes reads the same', (size) => {
  const reader = new FrameReader();
  const frames: Frame[] = [];
  for (let at = 0; at < bytes.length; at += size) frames.push(...reader.push(bytes.slice(at, at + size)));
  expect(frames).toEqual(WHOLE);
});

test('an event without a number is not ours', () => {
  const reader = new FrameReader();
  const feed = (text: string) => reader.push(new TextEncoder().encode(text));
  expect(feed('event: ping\ndata: {}\n\n')).toEqual([]);
  expect(feed('id: x\ndata: {"type":"queued","position":1}\n\n')).toEqual([]);
});

test('data that is not JSON breaks the stream', () => {
  const reader = new FrameReader();
  expect(() => reader.push(new TextEncoder().encode('id: 1\ndata: {"type":\n\n'))).toThrow();
});

test('a line without end breaks the stream instead of filling the memory', () => {
  const reader = new FrameReader();
  const chunk = new Uint8Array(1 << 16).fill(97);
  reader.push(new TextEncoder().encode('data: '));
  expect(() => {
    for (let at = 0; at < 32; at += 1) reader.push(chunk);
  }).toThrow();
});
