import { describe, expect, it } from 'vitest';
import { html } from './testkit.tsx';

describe('emphasis beside Chinese text and punctuation', () => {
  it.each([
    ['**中文。**后面', '<strong>中文。</strong>后面'],
    ['他说**“你好。”**然后', '他说<strong>“你好。”</strong>然后'],
    ['**重要：**请看', '<strong>重要：</strong>请看'],
    ['请看**《红楼梦》**这本书', '请看<strong>《红楼梦》</strong>这本书'],
    ['这是**（注意）**的', '这是<strong>（注意）</strong>的'],
    ['价格**￥100！**很贵', '价格<strong>￥100！</strong>很贵'],
    ['用**`npm`**安装', '用<strong><code>npm</code></strong>安装'],
    ['**“引号”**，后面', '<strong>“引号”</strong>，后面'],
    ['一个*斜体。*后面', '一个<em>斜体。</em>后面'],
    ['*「引用」*说', '<em>「引用」</em>说'],
    ['***又粗又斜！***后面', '<em><strong>又粗又斜！</strong></em>后面'],
    ['删除~~旧的。~~新的', '删除<del>旧的。</del>新的'],
    ['这~~（错误）~~对', '这<del>（错误）</del>对'],
    ['**日本語。**テスト', '<strong>日本語。</strong>テスト'],
    ['**한국어.**입니다', '<strong>한국어.</strong>입니다'],
  ])('%s', (text, expected) => {
    expect(html(text)).toBe(`<p>${expected}</p>`);
  });

  it('leaves ranges, products and names alone', () => {
    expect(html('每天1~2次，3~4天，5*3*2，snake_case_name')).toBe(
      '<p>每天1~2次，3~4天，5<em>3</em>2，snake_case_name</p>',
    );
    expect(html('每天1~2次，3 * 4 * 5，2 ** 3 ** 4')).toBe('<p>每天1~2次，3 * 4 * 5，2 ** 3 ** 4</p>');
  });

  it('ends a bare address where Chinese begins', () => {
    expect(html('请看https://example.com/a?b=1。后面')).toContain('>https://example.com/a?b=1</a>。后面');
    expect(html('见https://example.com，或www.example.org后面')).toContain('>www.example.org</a>后面');
  });
});
