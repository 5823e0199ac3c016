import { type ReactNode, useEffect, useId, useRef } from 'react';
import css from './Dialog.module.css';

type DialogProps = {
  title: string;
  onClose: () => void;
  children: ReactNode;
  /** Buttons, the one to press last. */
  footer?: ReactNode;
};

/** The browser's own modal dialog: it traps the focus, closes with Escape and gives the focus back. */
export function Dialog({ title, onClose, children, footer }: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  // The DOM has no attribute for "modal": opening is a call.
  useEffect(() => {
    const dialog = ref.current;
    if (dialog && !dialog.open) dialog.showModal();
    return () => dialog?.close();
  }, []);
  return (
    <dialog
      ref={ref}
      className={css.dialog}
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onPointerDown={(event) => {
        if (event.target === event.currentTarget) onClose();
      }}
    >
      <div className={css.panel}>
        <h2 id={titleId} className={css.title}>
          {title}
        </h2>
        {children}
        {footer ? <div className={css.footer}>{footer}</div> : null}
      </div>
    </dialog>
  );
}
