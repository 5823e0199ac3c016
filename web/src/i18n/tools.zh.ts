/** 智能体除了说话之外做的事。 */
import type { tools as en } from './tools.en.ts';

export const tools: typeof en = {
  answerLabel: '返回的内容',
  from: '来源',
  outside: '来自外部',
  noArguments: '没有其他参数',
  raw: '模型写的原文',
  state: {
    waiting: '排队中',
    underway: '进行中…',
    cut: '被中断',
    asking: '等你决定',
    allowed: '你已允许',
    answered: '完成',
    failed: '没有成功',
    unknown: '不确定是否已经执行',
  },
  refused: {
    member: '你已拒绝',
    policy: '这里不允许',
    silence: '没有得到允许',
  },
  ask: {
    write: (tool) => `${tool}：允许它改动内容吗？`,
    spend: (tool) => `${tool}：允许它花钱吗？`,
    read: (tool) => `${tool}：允许它这样做吗？`,
  },
  because: {
    writes: '这一步会改动内容，你允许之后才会执行。',
    spends: '这一步要花钱，你允许之后才会执行。',
    tainted: '这段对话里有外人写的内容（比如网页），这个要求可能是他们塞进来的。请仔细看清下面的内容再决定。',
    policy: '这个智能体做这件事之前必须先问你。',
  },
  allow: '允许',
  allowForThread: '本对话都允许',
  refuse: '拒绝',
  until: (when) => `${when} 前有效`,
  late: '已过期，不能再允许。请重新提问。',
  chosen: { allow: '已选允许', allow_for_thread: '已选本对话都允许', refuse: '已选拒绝' },
  change: '改一下',
  waitsForOthers: '还有别的操作等你决定。',
  interrupted: '当时还在执行，可以从中断的地方继续。',
  goOn: '继续',
};
