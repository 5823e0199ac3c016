import { useMessages } from '../../i18n/index.tsx';
import { Button } from '../../ui/Button.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import css from './Memory.module.css';

type UnloadDialogProps = { name: string; requests: number; onClose: () => void; onUnload: () => void };

/** Asked when a model is unloaded in the middle of answers. */
export function UnloadDialog({ name, requests, onClose, onUnload }: UnloadDialogProps) {
  const m = useMessages();
  return (
    <Dialog
      title={m.models.unloadTitle(name)}
      onClose={onClose}
      footer={
        <>
          <Button look="quiet" onClick={onClose}>
            {m.common.cancel}
          </Button>
          <Button look="danger" onClick={onUnload}>
            {m.models.unload}
          </Button>
        </>
      }
    >
      <p className={css.hint}>{m.models.unloadHint(requests)}</p>
    </Dialog>
  );
}
