/** What the pretended model says, and what the pretended workspace holds. */
import type { Agent, Model } from '../src/api/types.ts';

type Door = [
  id: string,
  zh: string,
  en: string,
  category: Agent['category'],
  glyph: string,
  color: string,
  hintZh: string,
  hintEn: string,
];

const DOORS: Door[] = [
  [
    'ask',
    '问一问',
    'Ask',
    'everyday',
    '问',
    '#4a5a68',
    '什么都可以问，直接、简短地回答。',
    'Any question, a short straight answer.',
  ],
  [
    'answers',
    '答案引擎',
    'Answer engine',
    'everyday',
    '答',
    '#2f5f8a',
    '把复杂问题拆开，一步一步说明白。',
    'Takes a hard question apart, step by step.',
  ],
  [
    'tutor',
    '英语私教',
    'English tutor',
    'learning',
    '英',
    '#3b7a57',
    '陪你练口语和写作，每次只改一处要紧的错。',
    'Practises with you and corrects what matters most.',
  ],
  [
    'coder',
    '编程伙伴',
    'Coder',
    'learning',
    '码',
    '#3f4d8c',
    '写代码、找错误、讲原理。',
    'Writes code, finds bugs, explains why.',
  ],
  [
    'health',
    '健康指南',
    'Health guide',
    'life',
    '康',
    '#2b7a78',
    '日常健康知识，说清什么时候该看医生。',
    'Everyday health facts, and when to see a doctor.',
  ],
  [
    'heart',
    '情感教练',
    'Relationship coach',
    'life',
    '心',
    '#a8456b',
    '听你说，帮你把话说清楚。',
    'Listens, and helps you find the words.',
  ],
  [
    'jokes',
    '段子手',
    'Joke curator',
    'life',
    '笑',
    '#b0672a',
    '冷笑话、谐音梗，按口味挑。',
    'Puns and dry jokes to your taste.',
  ],
  [
    'persona',
    '人物',
    'Persona',
    'life',
    '角',
    '#7a4a8c',
    '扮演你设定的人物，陪你聊天。',
    'Plays a character you describe.',
  ],
  [
    'designer3d',
    '3D 设计师',
    '3D designer',
    'making',
    '形',
    '#8c5a2b',
    '把想法变成可打印的立体模型。',
    'Turns an idea into a printable model.',
  ],
  [
    'writer',
    '写作助手',
    'Writer',
    'making',
    '文',
    '#6b4a3a',
    '起草、改写、润色各种文字。',
    'Drafts, rewrites and polishes.',
  ],
  [
    'translator',
    '翻译',
    'Translator',
    'work',
    '译',
    '#38698a',
    '中英互译，保留语气和格式。',
    'Chinese and English, tone and layout kept.',
  ],
  [
    'summariser',
    '摘要',
    'Summariser',
    'work',
    '摘',
    '#5d6b3a',
    '把长文压成要点。',
    'Long texts down to their points.',
  ],
];

export const AGENTS: Agent[] = DOORS.map(([id, zh, en, category, glyph, color, hintZh, hintEn]) => ({
  id,
  name: { zh, en },
  description: { zh: hintZh, en: hintEn },
  category,
  glyph,
  color,
  openings:
    id === 'tutor'
      ? {
          zh: ['帮我改这句：I goed to the market yesterday.', '用英语聊聊我的周末', '教我三个点咖啡的说法'],
          en: [
            'Correct this: I goed to the market yesterday.',
            'Talk with me about my weekend',
            'Three ways to order a coffee',
          ],
        }
      : { zh: ['你能做什么？', '给我一个例子'], en: ['What can you do?', 'Show me an example'] },
  greeting: {
    zh: id === 'tutor' ? '你好！用英语写一句话试试，我会告诉你怎样说更自然。' : `你好，我是${zh}。${hintZh}`,
    en:
      id === 'tutor'
        ? 'Hello! Write a sentence in English and I will show you how to say it naturally.'
        : `Hello. ${hintEn}`,
  },
  not_yet:
    id === 'designer3d'
      ? {
          zh: '还不能生成模型文件，目前只能描述形状和尺寸。',
          en: 'It cannot make model files yet; for now it describes shapes and sizes.',
        }
      : null,
  default: id === 'ask',
  version: 1,
}));

export const MODELS: Model[] = [
  {
    id: 'qwen2.5-coder-0.5b-instruct',
    name: 'Qwen2.5 Coder 0.5B Instruct',
    kind: 'chat',
    family: 'qwen2.5-coder',
    parameters: '0.5B',
    quant: 'Q4_K_M',
    bytes: 491_400_064,
    context_tokens: 32_768,
    licence: 'Apache-2.0',
    default: true,
    state: { type: 'installed' },
    residency: {
      type: 'ready',
      memory_bytes: 781_000_000,
      context_tokens: 8192,
      threads: 2,
      requests: 0,
      idle_seconds_left: 1440,
      isolation: { landlock: 7, seccomp: true },
      cache: {
        memory: { tokens: 9_400, bytes: 115_500_000 },
        disk: { tokens: 21_800, bytes: 268_000_000 },
        prompt_tokens: 48_200,
        cached_tokens: 40_100,
      },
    },
    pinned: false,
    needs_bytes: 812_000_000,
  },
  {
    id: 'qwen2.5-coder-1.5b-instruct',
    name: 'Qwen2.5 Coder 1.5B Instruct',
    kind: 'chat',
    family: 'qwen2.5-coder',
    parameters: '1.5B',
    quant: 'Q4_K_M',
    bytes: 1_117_320_736,
    context_tokens: 32_768,
    licence: 'Apache-2.0',
    default: false,
    state: { type: 'absent' },
    residency: { type: 'absent' },
    pinned: false,
    needs_bytes: null,
  },
  {
    id: 'smollm2-135m-instruct',
    name: 'SmolLM2 135M Instruct',
    kind: 'chat',
    family: 'smollm2',
    parameters: '135M',
    quant: 'Q4_1',
    bytes: 98_362_432,
    context_tokens: 8192,
    licence: 'Apache-2.0',
    default: false,
    state: { type: 'failed', code: 'download_failed', detail: 'connection reset' },
    residency: { type: 'absent' },
    pinned: false,
    needs_bytes: null,
  },
];

export const THOUGHT =
  'The learner used “goed”. The past tense of go is irregular: went. One correction, one example, then a question back.';

export const ANSWER_EN = `Almost! The natural way to say it:

> I **went** to the market yesterday.

**Why:** *go* is irregular. Its past tense is *went*, not *goed*.

| today | yesterday |
|---|---|
| I go | I went |
| I buy | I bought |

Now you: what did you buy there?`;

export const ANSWER_ZH = `很接近了！更自然的说法是：

> I **went** to the market yesterday.

**为什么：** *go* 是不规则动词，过去式是 *went*，不是 *goed*。

| 现在 | 过去 |
|---|---|
| I go | I went |
| I buy | I bought |

轮到你了：你在市场买了什么？`;

export const LONG = Array.from(
  { length: 40 },
  (_, at) => `Paragraph ${at + 1}. The lane wakes early, and every door opens on a different trade.`,
).join('\n\n');
