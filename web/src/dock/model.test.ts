import { Actions, DockLocation, type Model } from 'flexlayout-react';
import { expect, test } from 'vitest';
import { activeWindow, makeModel, reconcile, tabsOf, visibleWindows } from './model.ts';
import { Windows } from './windows.ts';

const ids = (model: Model) => tabsOf(model).map((tab) => tab.getId());

test('every open window has a tab, also those the saved dock does not know', () => {
  const windows = new Windows();
  const a = windows.open('tutor', 't1');
  const model = makeModel(windows.get());
  windows.setDock(model.toJson());
  const b = windows.open('writer', 't2');
  expect(ids(makeModel(windows.get())).sort()).toEqual([a.id, b.id].sort());
});

test('a damaged dock does not lose the windows', () => {
  const windows = new Windows();
  const a = windows.open('tutor', 't1');
  for (const dock of [7, 'x', { layout: null }, { layout: { type: 'nonsense' } }]) {
    windows.setDock(dock);
    expect(ids(makeModel(windows.get()))).toEqual([a.id]);
  }
});

test('a closed window leaves the dock, and the active one comes to the front', () => {
  const windows = new Windows();
  const a = windows.open('tutor', 't1');
  const b = windows.open('writer', 't2');
  const model = makeModel(windows.get());
  expect(activeWindow(model)).toBe(b.id);
  const before = windows.get();
  windows.close(b.id);
  reconcile(model, windows.get(), before);
  expect([ids(model), activeWindow(model)]).toEqual([[a.id], a.id]);
});

test('side by side both are seen; in one group only the selected; maximised hides the rest', () => {
  const windows = new Windows();
  const a = windows.open('tutor', 't1');
  const b = windows.open('writer', 't2');
  const model = makeModel(windows.get());
  expect(visibleWindows(model)).toEqual([b.id]);
  const group = model.getActiveTabset()?.getId() ?? '';
  model.doAction(Actions.moveNode(a.id, group, DockLocation.RIGHT, -1));
  expect(visibleWindows(model).sort()).toEqual([a.id, b.id].sort());
  const right =
    tabsOf(model)
      .find((tab) => tab.getId() === a.id)
      ?.getParent()
      ?.getId() ?? '';
  model.doAction(Actions.maximizeToggle(right));
  expect(visibleWindows(model)).toEqual([a.id]);
});
